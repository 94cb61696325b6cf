import CompatMatrixCLI
import Foundation
import Subprocess
import SystemPackage
import Testing

@Suite(.timeLimit(.minutes(10))) struct ExplainTests {
    static let rounds = (1...500).map { "5: (07) r1 += 1 ; R1_w=\($0)\n6: (a5) if r1 < 0x1f4 goto pc-2\n" }.joined()
    static let log = """
        libbpf: prog 'watch': -- BEGIN PROG LOAD LOG --
        \(rounds); return n; @ probe.c:4
        7: (95) exit
        R0 !read_ok
        processed 1003 insns (limit 1000000) max_states_per_insn 4 total_states 9 peak_states 8 mark_read 0
        -- END PROG LOAD LOG --
        \u{1b}]0;mine\u{07}\r

        """

    @Test func showsTheFoldedLogAndBelowItWhatItMeans() async throws {
        try await Sandbox.with { sandbox in
            try sandbox.write(Self.log, to: "watch.log")
            let outcome = try await sandbox.run("explain", "watch.log")
            #expect(outcome.isSuccess)
            #expect(outcome.stdout.contains("more iterations of instructions 5–6"))
            #expect(outcome.stdout.split(separator: "\n").count < 32)
            for row in [
                "cause:  not-init", "return n; @ probe.c:4", "\nReason:\n", "\nAt:\n", "\nSuggestion:\n",
                "instructions:  1003 processed of at most 1000000", "states:        9, peak 8",
            ] { #expect(outcome.stdout.contains(row), "\(row)") }
        }
    }

    @Test(arguments: [[], ["--raw"], ["--json"], ["--format", "markdown"]])
    func nothingReachesTheTerminalAsACommand(options: [String]) async throws {
        try await Sandbox.with { sandbox in
            let bytes = Array("\u{9b}2J\u{202e}\0".utf8) + [0xFF, 0x1B, 0x5B] + Array(Self.log.utf8)
            try sandbox.write(bytes, to: "hostile\u{1b}[2J.log")
            let outcome = try await sandbox.run(["explain"] + options + ["hostile\u{1b}[2J.log"])
            #expect(outcome.isSuccess)
            let commands = outcome.stdout.unicodeScalars.filter {
                $0.value < 0x20 && $0 != "\n" && $0 != "\t" || (0x7F..<0xA0).contains($0.value) || $0.value == 0x202E
            }
            #expect(commands.isEmpty)
        }
    }

    @Test func showsEverythingOnRequest() async throws {
        try await Sandbox.with { sandbox in
            // Longer than what is read at once, with characters across that border.
            let text = String(repeating: "é€🐝\n", count: 200_000) + "the end"
            try sandbox.write(text, to: "long.log")
            let outcome = try await sandbox.run("explain", "--raw", "long.log")
            let isWhole = outcome.stdout.hasPrefix(text + "\n\n")
            #expect(isWhole)
        }
    }

    @Test(arguments: [[], ["--json"]]) func saysThatALogWasAbridged(options: [String]) async throws {
        try await Sandbox.with { sandbox in
            let log =
                "7: (07) r1 += 1\n-- compat-matrix cut the log here; --full-logs keeps all of it --\nR0 !read_ok\n"
            try sandbox.write(log, to: "cut.log")
            let outcome = try await sandbox.run(["explain"] + options + ["cut.log"])
            #expect(outcome.isSuccess)
            let words =
                options == [] ? "abridged; use --full-logs to keep everything" : #""cut" : "abridged""#
            #expect(outcome.stdout.contains(words), "\(outcome.stdout)")
            #expect(outcome.stdout.contains("not-init"))
        }
    }

    @Test func writesJSON() async throws {
        try await Sandbox.with { sandbox in
            try sandbox.write(Self.log, to: "watch.log")
            let outcome = try await sandbox.run("explain", "--json", "watch.log")
            let document = try #require(
                try JSONSerialization.jsonObject(with: Data(outcome.stdout.utf8)) as? [String: Any])
            #expect((document["cause"] as? [String: Any])?["id"] as? String == "not-init")
            #expect((document["explanation"] as? [String: Any])?["suggestion"] is String)
            #expect((document["stats"] as? [String: Any])?["instructions"] as? Int == 1003)
            #expect((document["log"] as? [String: Any])?["lines"] as? Int == 1007)
        }
    }

    @Test func namesThePlaceOfTheLineThatDecided() async throws {
        try await Sandbox.with { sandbox in
            let text = "first\n; n = *v; @ hit.c:7\n1: (79) r1 = *(u64 *)(r0 +0)\n" + Self.nullable + "$ exit\n"
            try sandbox.write(text, to: "watch.log")
            let outcome = try await sandbox.run("explain", "--format", "json", "watch.log")
            let document = try #require(
                try JSONSerialization.jsonObject(with: Data(outcome.stdout.utf8)) as? [String: Any])
            let span = try #require(document["span"] as? [String: Int])
            #expect(span == ["line": 4, "start": 55, "end": 96])
            #expect((document["sketch"] as? [String: Any])?["language"] as? String == "c")
            #expect((document["earlier"] as? [Any])?.isEmpty == true)
            #expect(document["loader"] is NSNull)
        }
    }

    private static let nullable = "R0 invalid mem access 'map_value_or_null'\n"

    @Test func writesMarkdownForAnIssue() async throws {
        try await Sandbox.with { sandbox in
            let trace = "0: (85) call bpf_get_prandom_u32#7\n1: (79) r1 = *(u64 *)(r0 +0)\n"
            let other = "0: (95) exit\nR0 !read_ok\nprocessed 1 insns (limit 1000000)\n"
            try sandbox.write(other + trace + Self.nullable, to: "watch.log")
            let outcome = try await sandbox.run("explain", "--format", "markdown", "watch.log")
            #expect(outcome.isSuccess)
            let lines = outcome.stdout.split(separator: "\n")
            #expect(lines.first?.hasPrefix("**") == true && lines.first?.hasSuffix("**") == true)
            for part in [
                "`R0 invalid mem access 'map_value_or_null'` (`bad-deref`, line 6)", "**Reason:** ", "**Fix:** ",
                "```c\nvalue = bpf_map_lookup_elem", "if (!value)", "Earlier log:",
                "`R0 !read_ok` (`not-init`, line 2)",
            ] { #expect(outcome.stdout.contains(part), "\(part): \(outcome.stdout)") }
        }
    }

    @Test(arguments: [["--raw", "--json"], ["--raw", "--format", "markdown"], ["--json", "--format", "markdown"]])
    func refusesFormatsThatContradictEachOther(options: [String]) async throws {
        try await Sandbox.with { sandbox in
            let outcome = try await sandbox.run(["explain"] + options)
            #expect(outcome.stderr.contains("cannot be combined"))
            #expect(!outcome.isSuccess)
        }
    }

    /// As Windows PowerShell writes what a program prints.
    @Test func readsUTF16() async throws {
        try await Sandbox.with { sandbox in
            let bytes = "\u{FEFF}0: (95) exit\r\nR0 !read_ok\r\n".utf16.flatMap { [UInt8($0 & 0xFF), UInt8($0 >> 8)] }
            try sandbox.write(bytes, to: "watch.log")
            let outcome = try await sandbox.run("explain", "watch.log")
            #expect(outcome.stdout.hasPrefix("0: (95) exit"), "\(outcome.stdout)")
            #expect(outcome.stdout.contains("not-init"))
        }
    }

    @Test func readsAPipe() async throws {
        let result = try await Subprocess.run(
            .path(Sandbox.program), arguments: ["explain", "--json"], input: .string("R0 !read_ok\n"),
            output: .string(limit: 1 << 20), error: .string(limit: 1 << 20))
        #expect(result.terminationStatus.isSuccess)
        #expect(result.standardOutput.contains("\"not-init\""))
    }

    @Test func readsALogThatIsStoredCompressed() async throws {
        try await Sandbox.with { sandbox in
            try sandbox.write(Self.log, to: "watch.log")
            let plain = try await sandbox.run("explain", "watch.log").stdout
            _ = try await Subprocess.run(
                .name("gzip"), arguments: ["watch.log"], workingDirectory: sandbox.root, output: .discarded)
            let stored = try await sandbox.run("explain", "watch.log.gz").stdout
            #expect(stored == plain.replacing("watch.log", with: "watch.log.gz"))

            try sandbox.write(Array(sandbox.contents(of: "watch.log.gz").dropLast(20)), to: "cut.gz")
            let outcome = try await sandbox.run("explain", "cut.gz")
            #expect(outcome.status == .invalidInput)
            outcome.expectSentence(["cannot read the log cut.gz: the compressed data is damaged or truncated"])
        }
    }

    @Test func logWithoutRejectionIsReported() async throws {
        try await Sandbox.with { sandbox in
            try sandbox.write("processed 3 insns\n", to: "fine.log")
            let outcome = try await sandbox.run("explain", "fine.log")
            #expect(outcome.isSuccess)
            #expect(outcome.stdout.contains("No rejection found in fine.log."))
            #expect(outcome.stdout.contains("instructions:  3 processed"))
        }
    }

    @Test(arguments: ["gone.log", "."])
    func refusesWhatItCannotRead(file: String) async throws {
        try await Sandbox.with { sandbox in
            try await sandbox.run("explain", file).expectRefusal(.invalidInput, saying: ["cannot read the log \(file)"])
        }
    }
}
