import CompatMatrixCLI
import Foundation
import Testing

/// `features` where no guest comes up; the QEMU is a stub.
@Suite(.timeLimit(.minutes(10))) struct FeaturesTests {
    private struct Report: Decodable {
        struct Kernel: Decodable {
            var id: String
            var fetched: Bool
        }
        var kernels: [Kernel]
    }

    @Test func unfetchedKernelIsReported() async throws {
        try await Sandbox.with { sandbox in
            try sandbox.write("source:\n  file: gone\n", to: "kernels/local-5.0.yaml")
            let before = try sandbox.files()
            let outcome = try await sandbox.run("features", "local-*")
            outcome.expectRefusal(
                .notMeasured, saying: ["local-5.0 is not fetched; run 'compat-matrix kernels fetch local-5.0'"])
            let json = try await sandbox.run("features", "local-5.0", "--json")
            #expect(json.status == .notMeasured)
            let report = try JSONDecoder().decode(Report.self, from: Data(json.stdout.utf8))
            #expect(report.kernels.map(\.id) == ["local-5.0"] && report.kernels.allSatisfy { !$0.fetched })
            #expect(json.stdout.contains("\"diff\" : null"))
            #expect(try sandbox.files() == before)
        }
    }

    /// A line each, and the last is the command's own.
    @Test func unexaminedKernelsHaveReasons() async throws {
        try await Sandbox.with { sandbox in
            try await sandbox.addKernel()
            try sandbox.write("source:\n  file: gone\n", to: "kernels/local-5.0.yaml")
            try sandbox.addQEMU(version: "10.0.0", script: "echo 'Kernel panic - not syncing: a stub' >&5; exit 1")
            for arguments in [["*"], ["--diff", Sandbox.kernel, "local-5.0"]] {
                let outcome = try await sandbox.run(["features"] + arguments, path: sandbox.bin)
                #expect(outcome.status == .notMeasured)
                #expect(outcome.stdout == "")
                #expect(outcome.stderr.contains("compat-matrix: local-5.0 is not fetched"), "\(outcome.stderr)")
                #expect(
                    outcome.stderr.contains("compat-matrix: \(Sandbox.kernel) does not boot: "), "\(outcome.stderr)")
                #expect(outcome.stderr.contains("Kernel panic - not syncing: a stub"))
            }
        }
    }

    @Test func withoutQEMUNothingIsKnown() async throws {
        try await Sandbox.with { sandbox in
            try await sandbox.addKernel()
            let outcome = try await sandbox.run("features", Sandbox.kernel, path: sandbox.bin)
            #expect(outcome.status == .notMeasured && outcome.stdout == "")
            #expect(
                outcome.stderr.contains("\(Sandbox.kernel) cannot be booted here: qemu-system-x86_64 is not on PATH"))
        }
    }
}
