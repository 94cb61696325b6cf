import Foundation
import MatrixModel
import Subprocess
import SystemPackage
import Testing

extension GuestTests {
    /// A user's own executables as variants, static and with a library.
    @Suite(.serialized, .ownProcessor) struct ExecTests {
        /// The executable's argument, whether it has its library, the rest of the manifest, and the expected result.
        private struct Case {
            var name: String
            var isDynamic = false
            var keys = ""
            /// Keys beside `exec`.
            var others = ""
            var verdict = Verdict.pass
            var stage: Stage? = .fire
            var cause: String?
            var errno: Int32 = 0
            /// Text in the log, or in the reason if there is no log.
            var words = ""
        }

        private static let cases = [
            Case(name: "load"), Case(name: "load", isDynamic: true),
            Case(
                name: "refused", verdict: .fail, stage: .load, cause: "not-init", errno: 125,
                words: "R0 !read_ok"),
            Case(name: "look", keys: files, words: "conf=of the test env=set bash=0 library=no library"),
            Case(name: "look", isDynamic: true, keys: files, words: "library=a library beside it"),
            Case(name: "status", verdict: .fail, cause: "exec-status", errno: 125, words: "exit status 3; expected 0"),
            Case(name: "status", isDynamic: true, keys: ", pass: { status: 3 }"),
            Case(name: "abort", verdict: .fail, cause: "exec-signal", errno: 4, words: "signal 6 (Aborted)"),
            Case(name: "ready", keys: ", pass: { line: am ready }", words: "I am ready now"),
            Case(
                name: "nothing", keys: ", pass: { line: am ready }", verdict: .fail, cause: "exec-line", errno: 42,
                words: "contains 'am ready'"),
            Case(name: "child"), Case(name: "talk", words: "line 399999\n"),
            Case(
                name: "who", others: ", user: 1000, capabilities: [CAP_NET_ADMIN]",
                words: "uid=1000 gid=1000 effective=1000\n"),
            Case(name: "hang", verdict: .timeout, stage: .load, words: "waiting for what never comes"),
            Case(name: "load", isDynamic: true, keys: ", environment: { LAST: yes }"),
        ]

        private static let files = ", files: { /etc/selftest.conf: selftest.conf }, environment: { SELFTEST: set }"

        @Test(arguments: ["ubuntu-5.4", "debian-7.3"]) func programsRunAndSayWhetherTheyPass(kernel: String)
            async throws
        {
            try await Installation.with { tool in
                let variants = Self.cases.enumerated().map { number, test in
                    let program = test.isDynamic ? "app/bin/selftest" : "static"
                    let exec = "{ program: \(program), arguments: [\(test.name)]\(test.keys) }"
                    return "  v\(number): { exec: \(exec)\(test.others) }\n"
                }
                try tool.replaceProbes(with: [
                    "own/probe.yaml": "summary: s\nvariants:\n\(variants.joined())",
                    "own/selftest.conf": "of the test\n",
                    "own/greeting.c": "const char *greeting(void) { return \"a library beside it\"; }\n",
                ])
                try await compile(in: tool.work.pushing("probes/own"))
                let outcome = try await tool.run("--kernel", kernel, "--timeout", "20")
                #expect(outcome.status == .exited(1), "\(outcome.messages)")
                let document = try outcome.document
                #expect(document.loaders.map(\.name) == ["exec"] && document.loaders.map(\.library) == [nil])
                try #require(document.cells.count == Self.cases.count)
                for (cell, test) in zip(document.cells, Self.cases) {
                    let note = Comment(rawValue: "\(test.name) on \(kernel): \(cell)")
                    #expect(cell.loader == "exec" && cell.verdict == test.verdict && cell.stage == test.stage, note)
                    #expect((cell.programs.first?.cause?.id) == test.cause, note)
                    #expect((cell.programs.first?.errno ?? 0) == test.errno, note)
                    #expect(
                        cell.programs.allSatisfy {
                            $0.type == "exec" && $0.name == (test.isDynamic ? "selftest" : "static")
                        })
                    let log = try (cell.programs.first?.log ?? cell.console).map { reference in
                        try String(contentsOfFile: tool.results.pushing(FilePath(reference)).string, encoding: .utf8)
                    }
                    #expect(test.words.isEmpty || log?.contains(test.words) == true, note)
                    if test.name == "look", let log {
                        let name = test.isDynamic ? "app/bin/selftest" : "static"
                        let path = tool.work.pushing(FilePath("probes/own/\(name)"))
                        #expect(log.contains("exe=\(path) "), "\(log)")
                    }
                }
            }
        }

        private func compile(in folder: FilePath) async throws {
            let source = Repository.root.pushing("images/guest/tests/selftest.c").string
            try FileManager.default.createDirectory(
                atPath: folder.pushing("app/bin").string, withIntermediateDirectories: true)
            for arguments in [
                ["-static", "-O1", source, "-o", "static"],
                ["-shared", "-fPIC", "greeting.c", "-o", "app/libgreeting.so"],
                [
                    "-DWITH_LIBRARY", source, "-Lapp", "-lgreeting", "-Wl,-rpath,$ORIGIN/..", "-o", "app/bin/selftest",
                ],
            ] {
                let result = try await Subprocess.run(
                    .name("gcc"), arguments: Arguments(arguments), workingDirectory: folder, output: .discarded,
                    error: .string(limit: 64 << 10))
                try #require(result.terminationStatus.isSuccess, "\(result.standardError)")
            }
        }
    }
}
