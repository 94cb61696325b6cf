import CompatMatrixCLI
import Foundation
import MatrixModel
import Subprocess
import Testing

/// Bisections that boot nothing: what can be said without a guest.
@Suite(.timeLimit(.minutes(10))) struct BisectTests {
    @Test(
        arguments: [
            (["nothing"], .usage, ["'nothing'", "tiny"]),
            (["tiny", "--kernel", "el*"], .usage, ["'el*'", Sandbox.kernel]),
            (["tiny", "--variant", "b"], .usage, ["'b'", "only"]),
            (["tiny", "--loader", "tracefs"], .usage, ["'tracefs'", "libbpf"]),
            (
                ["tiny", "--archive", "--kernel", Sandbox.kernel], .usage,
                [Sandbox.kernel, "does not come from an apt archive"]
            ),
            (["tiny", "--archive", "--kernel", "el*"], .usage, ["'el*'"]),
        ] as [([String], CompatMatrixCLI.ExitStatus, [String])])
    func whatThereIsNot(arguments: [String], status: CompatMatrixCLI.ExitStatus, words: [String]) async throws {
        try await Sandbox.with { sandbox in
            try await sandbox.addKernel()
            try sandbox.addProbe()
            let outcome = try await sandbox.run(["bisect"] + arguments)
            outcome.expectRefusal(status, saying: words)
            #expect(try sandbox.files()["results/compat-matrix.sqlite"] == nil || arguments[0] == "nothing")
        }
    }

    /// Nothing can be booted here: that is said with its reason, and it is no answer.
    @Test(arguments: ["text", "json"]) func nothingCouldBeMeasured(format: String) async throws {
        try await Sandbox.with { sandbox in
            try await sandbox.addKernel()
            try sandbox.addProbe()
            // The compiler, and no QEMU.
            try sandbox.addQEMU(version: "7.2.0", script: "exit 1")
            let outcome = try await sandbox.run(
                "bisect", "tiny", "--accel", "tcg", "--format", format,
                environment: ["PATH": "\(sandbox.bin):/usr/bin:/bin"])
            #expect(outcome.status == .notMeasured)
            #expect(outcome.stderr.contains("testing \(Sandbox.kernel)\n"))
            let words =
                format == "json"
                ? ["\"source\" : \"notMeasured\"", "\"turns\" : ["]
                : ["tiny/only (libbpf)\n  nothing could be measured\n  0 kernels tested of 1\n", "7.2.0"]
            for word in words { #expect(outcome.stdout.contains(word), "\(outcome.stdout)") }
        }
    }
}
