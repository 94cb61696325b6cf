import CompatMatrixCLI
import Foundation
import MatrixModel
import SystemPackage
import Testing

extension Sandbox {
    /// A folder of a user's own, outside of what looks like the repository, that finds the sandbox's tools and kernels.
    fileprivate func inProject(_ arguments: String..., in folder: String = "own") async throws -> Outcome {
        try await run(arguments, path: bin, workingDirectory: root.pushing(FilePath(folder)))
    }

    /// A kernel that never boots, and an object in the user's folder `own/build`.
    fileprivate func addProject() async throws {
        try await addCell()
        try write([UInt8](contents(of: "tiny.bpf.o")), to: "own/build/tiny.bpf.o")
        // The search for a manifest ends here.
        try makeFolder("own/.git")
        try FileManager.default.removeItem(atPath: root.appending("probes/tiny").string)
    }

    fileprivate func document(_ outcome: Outcome) throws -> MatrixDocument {
        try JSONDecoder().decode(MatrixDocument.self, from: Data(outcome.stdout.utf8))
    }
}

/// `compat-matrix.yaml` and how commands use it.
@Suite(.timeLimit(.minutes(10))) struct ProjectTests {
    @Test func initWritesWhatRunReads() async throws {
        try await Sandbox.with { sandbox in
            try await sandbox.addProject()
            try sandbox.write(Fixture.x86Object, to: "own/build/host.o")
            try sandbox.write("no object", to: "own/build/broken.bpf.o")
            try sandbox.write([UInt8](sandbox.contents(of: "tiny.bpf.o")), to: "own/other one/tiny.bpf.o")
            try sandbox.write([UInt8](sandbox.contents(of: "tiny.bpf.o")), to: "own/node_modules/tiny.bpf.o")
            let made = try await sandbox.inProject("init")
            let file = sandbox.root.appending("own").appending("compat-matrix.yaml")
            #expect(made.isSuccess, "\(made.stderr)")
            #expect(made.stdout == "wrote \(file): 2 objects\nnext: compat-matrix run\n")
            #expect(made.stderr.contains("skipped: ") && made.stderr.contains("broken.bpf.o"))
            #expect(!made.stderr.contains("host.o"))
            // Also from a subfolder, with the results next to the manifest.
            let outcome = try await sandbox.inProject("run", "--format", "json", "--allow-missing", in: "own/build")
            #expect(outcome.isSuccess, "\(outcome.stderr)")
            let document = try sandbox.document(outcome)
            #expect(document.cells.map(\.probe) == ["tiny", "other-one-tiny"])
            #expect(document.cells.allSatisfy { $0.variant == "object" && $0.kernel == Sandbox.kernel })
            #expect(try sandbox.files().keys.contains("own/results/compat-matrix.sqlite"))
            let runs = try await sandbox.inProject("runs", in: "own/build")
            #expect(runs.isSuccess && runs.stdout.contains(document.run.id))
        }
    }

    @Test func initWritesOverNothingAndNothingOfNothing() async throws {
        try await Sandbox.with { sandbox in
            try sandbox.makeFolder("own/.git")
            let empty = try await sandbox.inProject("init")
            empty.expectRefusal(
                .invalidInput, saying: ["no BPF object in or below \(sandbox.root.appending("own"))", "--object"])
            try await sandbox.addProject()
            try sandbox.write("mine", to: "own/compat-matrix.yaml")
            let refused = try await sandbox.inProject("init")
            refused.expectRefusal(.usage, saying: ["own/compat-matrix.yaml already exists", "--force"])
            #expect(try sandbox.contents(of: "own/compat-matrix.yaml") == Data("mine".utf8))
            let forced = try await sandbox.inProject("init", "--force")
            #expect(forced.isSuccess && forced.stdout.contains("1 object\n"))
            let listed = try await sandbox.inProject("probes", "list")
            #expect(listed.isSuccess && listed.stdout.contains("tiny"))
        }
    }

    @Test(arguments: [
        ("objects: [build/tiny.bpf.o]\nkernal: [x]\n", 2, "'kernal'"),
        ("objects: [build/gone.bpf.o]\n", 1, "'objects' is 'build/gone.bpf.o'"),
        ("objects: [build/tiny.bpf.o]\nkernels: [debian-*, nothing-*]\n", 2, "'kernels' is 'nothing-*'"),
        ("objects: [build/tiny.bpf.o]\nloaders: [elf]\n", 2, "'loaders' is 'elf'"),
        ("objects: [build/tiny.bpf.o]\ngate:\n  failOn: [regressions]\n", 3, "'failOn' is 'regressions'"),
    ])
    func errorIsReportedBeforeBoot(text: String, line: Int, words: String) async throws {
        try await Sandbox.with { sandbox in
            try await sandbox.addProject()
            try sandbox.write(text, to: "own/compat-matrix.yaml")
            let outcome = try await sandbox.inProject("run")
            let file = sandbox.root.appending("own").appending("compat-matrix.yaml")
            outcome.expectRefusal(.invalidInput, saying: ["\(file):\(line):", words])
            #expect(try sandbox.files().keys.allSatisfy { !$0.hasPrefix("own/results/") })
        }
    }

    @Test func aCommandLineComesFirst() async throws {
        try await Sandbox.with { sandbox in
            try await sandbox.addProject()
            try sandbox.write("objects: [build/gone.bpf.o]\nresults: elsewhere\n", to: "own/compat-matrix.yaml")
            try sandbox.write("objects: [tiny.bpf.o]\nresults: stored\n", to: "own/build/other.yaml")
            let outcome = try await sandbox.inProject(
                "run", "--config", "build/other.yaml", "--allow-missing", "--results", "here")
            #expect(outcome.isSuccess, "\(outcome.stderr)")
            let stores = try sandbox.files().keys.filter { $0.hasSuffix("compat-matrix.sqlite") }
            #expect(stores == ["own/here/compat-matrix.sqlite"])
            let gone = try await sandbox.inProject("run", "--config", "gone.yaml")
            gone.expectRefusal(.invalidInput, saying: ["cannot read", "gone.yaml"])
        }
    }

    @Test func missingManifestIsReportedWithAdvice() async throws {
        try await Sandbox.with { sandbox in
            try await sandbox.addProject()
            try FileManager.default.removeItem(atPath: sandbox.root.appending("probes").string)
            let outcome = try await sandbox.inProject("run")
            outcome.expectRefusal(.usage, saying: ["compat-matrix init", "--object"])
        }
    }

    /// A run that is not there, a file that is not there, a file that is no run.
    @Test(arguments: [
        ("2019", CompatMatrixCLI.ExitStatus.usage, "no runs in"), ("latest", .usage, "no runs in"),
        ("gone.json", .invalidInput, "cannot read"), ("list.json", .invalidInput, "not a compat-matrix document"),
        ("newer.json", .invalidInput, "the document's schema is 'compat-matrix/9'"),
    ])
    func badBaselineIsRejectedBeforeBoot(
        baseline: String, status: CompatMatrixCLI.ExitStatus, words: String
    ) async throws {
        try await Sandbox.with { sandbox in
            try await sandbox.addProject()
            try sandbox.write("[]", to: "own/list.json")
            try sandbox.write(#"{"schema": "compat-matrix/9"}"#, to: "own/newer.json")
            try sandbox.write("objects: [build/tiny.bpf.o]\n", to: "own/compat-matrix.yaml")
            let outcome = try await sandbox.inProject("run", "--baseline", baseline)
            outcome.expectRefusal(status, saying: [words])
            #expect(try sandbox.files().keys.allSatisfy { !$0.hasPrefix("own/results/") })
            // The same from the manifest, and how to do without.
            try sandbox.write("objects: [build/tiny.bpf.o]\nbaseline: '\(baseline)'\n", to: "own/compat-matrix.yaml")
            let named = try await sandbox.inProject("run")
            named.expectRefusal(status, saying: [words])
            let without = try await sandbox.inProject("run", "--no-baseline", "--allow-missing")
            #expect(without.isSuccess)
        }
    }

    /// Nothing could be measured: neither run says anything about the other.
    @Test func baselineDoesNotAffectMissingCells() async throws {
        try await Sandbox.with { sandbox in
            try await sandbox.addProject()
            try sandbox.write("objects: [build/tiny.bpf.o]\n", to: "own/compat-matrix.yaml")
            let first = try await sandbox.inProject("run", "--format", "json", "--allow-missing")
            try sandbox.write(first.stdout, to: "own/base.json")
            let missing = try await sandbox.inProject("run", "--baseline", "base.json")
            #expect(missing.status == .notMeasured)
            #expect(missing.stdout.contains("gate: passes; 1 not measured"), "\(missing.stdout)")
            let allowed = try await sandbox.inProject(
                "run", "--baseline", "latest", "--allow-missing", "--format", "json")
            #expect(allowed.isSuccess)
            #expect(try sandbox.document(allowed).cells.count == 1)
            #expect(allowed.stderr.contains("gate: passes; 1 not measured"))
        }
    }

    @Test func expiredExceptionIsReported() async throws {
        try await Sandbox.with { sandbox in
            try await sandbox.addProject()
            try sandbox.write(
                """
                objects:
                  - object: build/tiny.bpf.o
                    expect:
                      - { verdict: fail, kernels: "<6.2", reason: Until it is fixed., expires: 2020-02-29 }

                """, to: "own/compat-matrix.yaml")
            let outcome = try await sandbox.inProject("run", "--allow-missing")
            #expect(outcome.isSuccess)
            let words =
                "own/compat-matrix.yaml:4  expired exception (until 2020-02-29): fail of tiny on <6.2: Until it is fixed."
            #expect(outcome.stdout.contains(words), "\(outcome.stdout)")
            try sandbox.write(
                "gate: { failOn: [expired] }\n"
                    + String(decoding: sandbox.contents(of: "own/compat-matrix.yaml"), as: UTF8.self),
                to: "own/compat-matrix.yaml")
            let failing = try await sandbox.inProject("run", "--allow-missing")
            #expect(failing.status == .unexpectedVerdicts)
            #expect(
                failing.stdout.contains("gate: fails on 1 expired exception\n  expired: own/compat-matrix.yaml:5\n"))
        }
    }
}
