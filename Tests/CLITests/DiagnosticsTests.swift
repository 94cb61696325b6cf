import CompatMatrixCLI
import Subprocess
import SystemPackage
import Testing

@Suite(.timeLimit(.minutes(10))) struct DiagnosticsTests {
    private static let qemu = "qemu-system-x86_64"

    /// A QEMU that only says its version: enough for `doctor` to start it.
    private func doctor(_ arguments: [String] = [], log: String = "") async throws -> Sandbox.Outcome {
        var outcome: Sandbox.Outcome?
        try await Sandbox.with { sandbox in
            try sandbox.addQEMU(version: "8.2.0", script: "exit 1")
            outcome = try await sandbox.run(
                ["doctor"] + arguments, path: sandbox.bin, environment: ["COMPAT_MATRIX_LOG": log])
        }
        return try #require(outcome)
    }

    @Test func nothingIsLoggedByDefault() async throws {
        let outcome = try await doctor()
        #expect(outcome.status == .notMeasured)
        outcome.expectSentence(["cannot run here"])
    }

    @Test(arguments: [(["--verbose"], ""), ([], "debug"), ([], "trace"), (["--verbose"], "info")])
    func startedToolsAndTheirEndsAreLogged(arguments: [String], log: String) async throws {
        let outcome = try await doctor(arguments, log: log)
        #expect(outcome.status == .notMeasured)
        let lines = outcome.stderr.split(separator: "\n")
        let started = lines.first { $0.contains(" debug: started: ") && $0.contains("\(Self.qemu) --version [pid ") }
        #expect(started?.firstMatch(of: #/^\d+\.\d{3} s debug: started:\s/#) != nil, "\(outcome.stderr)")
        #expect(lines.contains { $0.contains("ended: QEMU: exit status 1 after ") }, "\(outcome.stderr)")
        #expect(lines.last?.hasPrefix("compat-matrix: cannot run here") == true)
        // The log goes to stderr only, so stdout can still be parsed.
        #expect(!outcome.stdout.contains("started: "))
    }

    @Test func infoHasNoCommands() async throws {
        let outcome = try await doctor(log: "info")
        #expect(!outcome.stderr.contains("started: ") && outcome.status == .notMeasured)
    }

    @Test func unknownLevelIsRefused() async throws {
        let outcome = try await doctor(log: "loud")
        outcome.expectRefusal(.usage, saying: ["COMPAT_MATRIX_LOG is 'loud'; expected trace, debug or info"])
    }

    @Test func compilersAreLogged() async throws {
        try await Sandbox.with { sandbox in
            try await sandbox.addCell()
            try sandbox.write(
                "summary: x\nvariants: { plain: { source: x.bpf.c } }\n", to: "probes/mine/probe.yaml")
            try sandbox.write(
                "char LICENSE[] __attribute__((section(\"license\"), used)) = \"GPL\";\nbroken",
                to: "probes/mine/x.bpf.c")
            let quiet = try await sandbox.run("probes", "build", "mine")
            let verbose = try await sandbox.run("probes", "build", "mine", "--verbose")
            #expect(quiet.status == .invalidInput && verbose.status == .invalidInput, "\(quiet.stderr)")
            #expect(!quiet.stderr.contains("debug:"))
            let lines = verbose.stderr.split(separator: "\n")
            #expect(lines.contains { $0.contains(" debug: started: ") && $0.contains("x.bpf.c") }, "\(verbose.stderr)")
            #expect(lines.contains { $0.contains("ended: ") && $0.contains("exited(1) after ") }, "\(verbose.stderr)")
            #expect(verbose.stdout == quiet.stdout)
        }
    }
}
