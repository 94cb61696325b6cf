import CompatMatrixCLI
import Foundation
import SystemPackage
import Testing

/// `kernels add`, `show` and `verify` where no guest comes up; the QEMU is a stub.
@Suite(.timeLimit(.minutes(10))) struct KernelBootTests {
    /// A guest that dies, with something on its console.
    private static let panicking = "echo 'Kernel panic - not syncing: a stub' >&5; echo 'no room for RAM' >&2; exit 1"
    private static let reason =
        "QEMU exited before the guest was ready: no room for RAM; console: Kernel panic - not syncing: a stub"

    private func contents(of outcome: Sandbox.Outcome) throws -> [String: Any] {
        try #require(try JSONSerialization.jsonObject(with: Data(outcome.stdout.utf8)) as? [String: Any])
    }

    @Test func unbootableKernelIsStillAdded() async throws {
        try await Sandbox.with { sandbox in
            try sandbox.write(Fixture.bzImage(), to: "vmlinuz")
            try sandbox.addQEMU(version: "10.0.0", script: Self.panicking)
            let outcome = try await sandbox.run("kernels", "add", "vmlinuz", "--id", "local-6.1", path: sandbox.bin)
            #expect(outcome.status == .notMeasured)
            #expect(outcome.stdout.contains("added local-6.1: "))
            #expect(outcome.stdout.contains("Kernel panic - not syncing: a stub"), "the last lines of its console")
            let last = try #require(outcome.stderr.split(separator: "\n").last)
            for word in [
                "local-6.1 was added, but does not boot", Self.reason, "'commandLine'", "kernels remove local-6.1",
            ] {
                #expect(last.contains(word), "\(last)")
            }
            let listed = try await sandbox.run("kernels", "list")
            #expect(listed.stdout.contains("local-6.1"))
        }
    }

    @Test func addWithoutBootingNeedsNoQEMU() async throws {
        try await Sandbox.with { sandbox in
            try sandbox.write(Fixture.bzImage(), to: "vmlinuz")
            let outcome = try await sandbox.run("kernels", "add", "vmlinuz", "--no-boot", path: sandbox.bin)
            #expect(outcome.isSuccess && outcome.stderr == "", "\(outcome.stderr)")
        }
    }

    @Test func aKernelThatCannotBeBootedHereIsAdded() async throws {
        try await Sandbox.with { sandbox in
            try sandbox.write(Fixture.bzImage(), to: "vmlinuz")
            let outcome = try await sandbox.run("kernels", "add", "vmlinuz", "--id", "local-6.1", path: sandbox.bin)
            #expect(outcome.status == .notMeasured)
            #expect(outcome.stderr.contains("local-6.1 was added"))
            #expect(outcome.stderr.contains("qemu-system-x86_64 is not on PATH"))
        }
    }

    @Test func showReportsThatItDoesNotBoot() async throws {
        try await Sandbox.with { sandbox in
            try await sandbox.addKernel()
            try sandbox.addQEMU(version: "10.0.0", script: Self.panicking)
            let outcome = try await sandbox.run("kernels", "show", Sandbox.kernel, path: sandbox.bin)
            #expect(outcome.status == .notMeasured)
            for words in [
                "no: \(Self.reason)", "Kernel panic - not syncing: a stub", "6.1.0-1-amd64, according to its image",
            ] {
                #expect(outcome.stdout.contains(words), "\(outcome.stdout)")
            }
            #expect(outcome.stderr.contains("\(Sandbox.kernel) does not boot: \(Self.reason)"))

            let json = try await sandbox.run("kernels", "show", Sandbox.kernel, "--json", path: sandbox.bin)
            #expect(json.status == .notMeasured)
            let object = try contents(of: json)
            let failure = try #require(object["bootFailure"] as? [String: String])
            #expect(failure["reason"] == Self.reason)
            #expect(failure["console"] == "Kernel panic - not syncing: a stub\n")
            #expect(object["facts"] is NSNull && object["distribution"] is NSNull && object["config"] is NSNull)
        }
    }

    /// Whether booted or not, the same keys.
    @Test func showWithoutBootingNeedsNoQEMU() async throws {
        try await Sandbox.with { sandbox in
            try await sandbox.addKernel()
            let before = try sandbox.files()
            let outcome = try await sandbox.run("kernels", "show", Sandbox.kernel, "--no-boot", path: sandbox.bin)
            #expect(outcome.isSuccess && outcome.stderr == "", "\(outcome.stderr)")
            #expect(outcome.stdout.contains("6.1.0-1-amd64"))
            let json = try await sandbox.run(
                "kernels", "show", Sandbox.kernel, "--no-boot", "--json", path: sandbox.bin)
            #expect(
                try Set(contents(of: json).keys) == [
                    "id", "family", "manifest", "source", "commandLine", "fetched", "release", "origin", "image",
                    "sha256",
                    "facts", "distribution", "bootFailure", "config", "configSource", "externalBTF",
                ])
            #expect(try sandbox.files() == before)
        }
    }

    @Test func showWithoutQEMUShowsTheRest() async throws {
        try await Sandbox.with { sandbox in
            try await sandbox.addKernel()
            let outcome = try await sandbox.run("kernels", "show", Sandbox.kernel, path: sandbox.bin)
            #expect(outcome.status == .notMeasured)
            #expect(outcome.stdout.contains("6.1.0-1-amd64"))
            #expect(outcome.stderr.contains("cannot be booted here: qemu-system-x86_64 is not on PATH"))
        }
    }

    @Test func verifyFindsWhatWasChanged() async throws {
        try await Sandbox.with { sandbox in
            try await sandbox.addKernel()
            let good = try await sandbox.run("kernels", "verify", "--no-boot", path: sandbox.bin)
            #expect(good.isSuccess && good.stdout == "\(Sandbox.kernel)  intact\n" && good.stderr == "")

            let folder = sandbox.root.appending("images/cache/kernels/\(Sandbox.kernel)")
            let image = folder.appending("vmlinuz")
            var bytes = try [UInt8](sandbox.contents(of: "images/cache/kernels/\(Sandbox.kernel)/vmlinuz"))
            bytes[bytes.count - 1] ^= 1
            try Data(bytes).write(to: URL(filePath: image.string))
            let changed = try await sandbox.run("kernels", "verify", path: sandbox.bin)
            #expect(changed.status == .invalidInput)
            for words in [
                "DIFFERS: \(image) has SHA-256", "delete \(folder) and run", "kernels fetch \(Sandbox.kernel)",
            ] {
                #expect(changed.stdout.contains(words), "\(changed.stdout)")
            }
            changed.expectSentence(["1 of 1 kernels differ from the lock"])

            // The suggested fix helps.
            try FileManager.default.removeItem(atPath: folder.string)
            #expect(try await sandbox.run("kernels", "verify", "--no-boot", path: sandbox.bin).status == .notMeasured)
            #expect(try await sandbox.run("kernels", "fetch", path: sandbox.bin).isSuccess)
            #expect(try await sandbox.run("kernels", "verify", "--no-boot", path: sandbox.bin).isSuccess)
        }
    }

    /// A kernel that cannot be had or booted does not keep the others back, and a wrong file outweighs both.
    @Test func verifyHasALineForEachKernel() async throws {
        try await Sandbox.with { sandbox in
            try await sandbox.addKernel()
            try sandbox.write("source:\n  file: gone\n", to: "kernels/local-5.0.yaml")
            try sandbox.addQEMU(version: "10.0.0", script: Self.panicking)
            let outcome = try await sandbox.run("kernels", "verify", "--jobs", "2", path: sandbox.bin)
            #expect(outcome.status == .notMeasured)
            #expect(
                Set(outcome.stdout.split(separator: "\n")) == [
                    "\(Sandbox.kernel)  DOES NOT BOOT: \(Self.reason)",
                    "local-5.0   not fetched; run 'compat-matrix kernels fetch local-5.0'",
                ])
            #expect(outcome.stderr.contains("\(Sandbox.kernel): Kernel panic - not syncing: a stub"))
            #expect(outcome.stderr.contains("2 of 2 kernels are not fetched, could not be checked, or do not boot"))
        }
    }

    @Test func verifyWithoutQEMUChecksTheFiles() async throws {
        try await Sandbox.with { sandbox in
            try await sandbox.addKernel()
            let outcome = try await sandbox.run("kernels", "verify", path: sandbox.bin)
            #expect(outcome.status == .notMeasured)
            #expect(outcome.stdout.contains("intact, not booted: qemu-system-x86_64 is not on PATH"))
        }
    }
}
