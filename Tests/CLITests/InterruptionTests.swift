import CompatMatrixCLI
import Foundation
import SystemPackage
import Testing

/// A run that is ended from outside while a guest is up.
@Suite(.timeLimit(.minutes(10))) struct InterruptionTests {
    /// A QEMU that never says anything, and who runs it.
    private struct Hanging {
        var compatMatrix: pid_t
        var qemu: pid_t

        /// Where a guest's QEMU may write.
        private static let pids = "images/cache/snapshots/pids"

        static let script =
            "/bin/mkdir -p images/cache/snapshots; echo $PPID $$ > \(pids); exec /bin/sleep 600"

        /// Waits until the stub runs.
        init(in sandbox: Sandbox) async throws {
            while (try? sandbox.contents(of: Self.pids))?.last != UInt8(ascii: "\n") {
                try await Task.sleep(for: .milliseconds(20))
            }
            let words = try String(decoding: sandbox.contents(of: Self.pids), as: UTF8.self).split(
                whereSeparator: \.isWhitespace)
            compatMatrix = try #require(words.first.flatMap { pid_t($0) })
            qemu = try #require(words.last.flatMap { pid_t($0) })
        }

        /// Returns once QEMU is gone; an unreaped zombie no longer holds anything.
        func waitForTheEndOfQEMU() async throws {
            while let status = try? String(contentsOfFile: "/proc/\(qemu)/stat", encoding: .utf8),
                !status.contains(") Z ")
            {
                try await Task.sleep(for: .milliseconds(20))
            }
        }
    }

    private func interrupted(by signal: Int32, then check: (Sandbox, Sandbox.Outcome) async throws -> Void) async throws
    {
        try await Sandbox.with { sandbox in
            try await sandbox.addCell()
            try sandbox.addQEMU(version: "10.0.0", script: Hanging.script)
            async let ending = sandbox.run("run", "--object", "tiny.bpf.o", "--accel", "tcg", path: sandbox.bin)
            let hanging = try await Hanging(in: sandbox)
            #expect(kill(hanging.compatMatrix, signal) == 0)
            let outcome = try await ending
            try await hanging.waitForTheEndOfQEMU()
            try await check(sandbox, outcome)
        }
    }

    @Test(arguments: [SIGINT, SIGTERM]) func factsAreKept(signal: Int32) async throws {
        try await interrupted(by: signal) { sandbox, outcome in
            #expect(outcome.status == .interrupted)
            outcome.expectSentence(["interrupted: 0 of 1 cells are kept in run"])
            #expect(try sandbox.leftovers() == [])
            let runs = try await sandbox.run("runs")
            #expect(runs.isSuccess && runs.stdout.contains("unfinished"))
        }
    }

    /// The kernel is brought under one watch for signals and booted under the next.
    @Test(arguments: [SIGINT, SIGTERM]) func anAddThatBootsEndsToo(signal: Int32) async throws {
        try await Sandbox.with { sandbox in
            try sandbox.write(Fixture.bzImage(), to: "vmlinuz")
            try sandbox.addQEMU(version: "10.0.0", script: Hanging.script)
            async let ending = sandbox.run("kernels", "add", "vmlinuz", "--id", "local-6.1", path: sandbox.bin)
            let hanging = try await Hanging(in: sandbox)
            #expect(kill(hanging.compatMatrix, signal) == 0)
            let outcome = try await ending
            try await hanging.waitForTheEndOfQEMU()
            #expect(outcome.status == .interrupted)
        }
    }

    @Test func noQEMUOutlivesAKilledRun() async throws {
        try await interrupted(by: SIGKILL) { sandbox, outcome in
            #expect(outcome.status == nil && outcome.stderr == "")
            // The store is whole: the next command reads it.
            let runs = try await sandbox.run("runs")
            #expect(runs.isSuccess && runs.stdout.contains("unfinished"))
        }
    }
}
