import CompatMatrixCLI
import Foundation
import SystemPackage
import Testing

@Suite(.timeLimit(.minutes(10))) struct DoctorTests {
    private func lines(_ outcome: Sandbox.Outcome) -> [String] {
        outcome.stdout.split(separator: "\n").map(String.init)
    }

    /// The machine that tests run on has all that a run needs.
    @Test func hereARunIsPossible() async throws {
        try await Sandbox.with { sandbox in
            try await sandbox.addKernel()
            let outcome = try await sandbox.run("doctor")
            #expect(outcome.isSuccess && outcome.stderr == "", "\(outcome.stdout)")
            let lines = lines(outcome)
            #expect(lines.first?.hasPrefix("✓ QEMU ") == true, "\(outcome.stdout)")
            for words in ["runs a guest", "bpf target", "images/guest/build", "1 of 1 kernels fetched"] {
                #expect(lines.contains { $0.hasPrefix("✓") && $0.contains(words) }, "\(outcome.stdout)")
            }
            #expect(!lines.contains { $0.hasPrefix("✗") })
        }
    }

    @Test func missingPartsAreReportedWithAdvice() async throws {
        try await Sandbox.with { sandbox in
            try sandbox.write("summary: x\n", to: "images/guest/build/agent")
            let outcome = try await sandbox.run("doctor", path: sandbox.bin)
            #expect(outcome.status == .notMeasured)
            outcome.expectSentence(["✗"])
            for words in ["'make setup'", "install clang", "kernels add FILE"] {
                #expect(lines(outcome).contains { $0.hasPrefix("✗") && $0.contains(words) }, "\(outcome.stdout)")
            }
        }
    }

    /// For root, a folder of another user is one that others can change; for anybody else, one that cannot be written.
    @Test func aFolderOfAnotherUserIsNoticed() async throws {
        try await Sandbox.with { sandbox in
            try await sandbox.addKernel()
            let cache = sandbox.root.appending("images").appending("cache")
            let isRoot = geteuid() == 0
            #expect(isRoot ? chown(cache.string, 12345, 12345) == 0 : chmod(cache.string, 0o500) == 0)
            let outcome = try await sandbox.run("doctor")
            #expect(chmod(cache.string, 0o700) == 0)
            let words = isRoot ? "! other users can change \(cache)," : "✗ \(cache) cannot be written by this user"
            #expect(lines(outcome).contains { $0.hasPrefix(words) && $0.contains("chown") }, "\(outcome.stdout)")
            #expect(lines(outcome).contains { $0.contains("free for compiler output (") })
        }
    }

    /// Nothing on the `PATH` means that no archive can be asked either, so these kernels cannot come.
    @Test func kernelsThatCannotBeFetched() async throws {
        try await Sandbox.with { sandbox in
            try sandbox.write(
                "source:\n  apt: { archive: debian, suite: bookworm, package: linux-image-x }\n",
                to: "kernels/debian-6.1.yaml")
            let outcome = try await sandbox.run("doctor", path: sandbox.bin)
            #expect(lines(outcome).contains { $0.hasPrefix("✗") && $0.contains("apt-get") }, "\(outcome.stdout)")
            #expect(lines(outcome).contains { $0.contains("0 of 1 kernels fetched") && $0.contains("kernels fetch") })
        }
    }

    @Test(arguments: [
        ("7.2.0", "exit 1", "cannot run a guest"), ("7.2.0", "exit 33", "corrupts guests under TCG"),
        ("10.0.0", "exit 1", "cannot run a guest"), ("8.2.0", "exit 33", nil),
    ])
    func qemuThatIsNoGood(version: String, script: String, obstacle: String?) async throws {
        try await Sandbox.with { sandbox in
            // QEMU exits with 33 when the tiny guest reports that it ran; with kvm, this stub never does.
            try sandbox.addQEMU(version: version, script: "case \"$*\" in *kvm*) exit 1;; esac; \(script)")
            let outcome = try await sandbox.run("doctor", path: sandbox.bin)
            #expect(outcome.status == .notMeasured)
            if let obstacle {
                #expect(lines(outcome).contains { $0.hasPrefix("✗") && $0.contains(obstacle) }, "\(outcome.stdout)")
            } else {
                #expect(
                    lines(outcome).first?.hasPrefix("! QEMU 8.2.0") == true && outcome.stdout.contains("9.0 or newer"),
                    "\(outcome.stdout)")
            }
        }
    }
}
