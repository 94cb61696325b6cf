import Foundation
import KernelStore
import Machine
import MatrixModel
import MatrixRunner
import SystemPackage
import TestSupport
import Testing

extension GuestTests {
    /// A machine that breaks under a guest says nothing about the probe, however often it breaks.
    @Suite(.serialized, .ownProcessor) struct BrokenMachineTests {
        private func measure(_ variant: String, hurting: Int32? = nil) async throws -> CellResult {
            try await Bench.with(guest: Repository.testGuest("misbehaving")) { bench in
                let kernel = try Repository.kernel("debian-6.1")
                let cell = try MisbehavingRun.cell(variant, kernel: kernel.id, folder: bench.folder)
                let backend: any MachineBackend =
                    if let hurting {
                        HurtingBackend(backend: bench.backend(), signal: hurting, folder: bench.folder)
                    } else { bench.backend() }
                let measurement = try await Measurement(
                    KernelBatch(kernel: kernel.id, spec: bench.spec(kernel), cells: [cell]), backend: backend,
                    cellLimit: MisbehavingRun.cellLimit)
                return try #require(measurement.cells[variant])
            }
        }

        /// QEMU ends in order when it gets SIGTERM, as it does when the guest resets itself.
        @Test(arguments: [(SIGKILL, "signal 9"), (SIGSEGV, "signal 11"), (SIGTERM, "exit status 0")])
        func aKilledQEMUIsNotACrash(signal: Int32, ending: String) async throws {
            let cell = try await measure("sleep", hurting: signal)
            #expect(cell.verdict == .notMeasured)
            #expect(cell.reason == "QEMU ended with \(ending)")
        }

        @Test func aGuestThatResetsItselfIsACrash() async throws {
            let cell = try await measure("reset")
            #expect(cell.verdict == .crash)
            #expect(cell.reason == "\(Departure.ofGuest)")
        }

        /// What the runner asks about a guest that is late.
        @Test func aStoppedQEMUIsNoticed() async throws {
            try await Bench.with(guest: Repository.testGuest("misbehaving")) { bench in
                let kernel = try Repository.kernel("debian-6.1")
                try await bench.backend().withGuest(bench.spec(kernel), start: .auto) { guest in
                    #expect(await guest.vmmTrouble() == nil)
                    try hurt(guestsOf: bench.folder, with: SIGSTOP)
                    #expect(await guest.vmmTrouble()?.hasPrefix("QEMU is stopped or hangs") == true)
                    try hurt(guestsOf: bench.folder, with: SIGCONT)
                    #expect(await guest.vmmTrouble() == nil)
                }
            }
        }
    }
}

/// Sends a signal to the QEMU of each guest once it is up.
private struct HurtingBackend: MachineBackend {
    let backend: any MachineBackend
    let signal: Int32
    /// What the command lines of these guests, and of no other test's, contain.
    let folder: FilePath

    func withGuest<Result: Sendable>(
        _ spec: GuestSpec, start: StartPolicy, body: @Sendable (any Guest) async throws -> Result
    ) async throws -> Result {
        try await backend.withGuest(spec, start: start) { guest in
            try hurt(guestsOf: folder, with: signal)
            return try await body(guest)
        }
    }
}

private func hurt(guestsOf folder: FilePath, with signal: Int32) throws {
    let processes = try FileManager.default.contentsOfDirectory(atPath: "/proc").compactMap { pid_t($0) }
    let guests = processes.filter { process in
        let arguments = try? String(contentsOfFile: "/proc/\(process)/cmdline", encoding: .utf8)
        return RunningTool.isGuest(process) && arguments?.contains(folder.string) == true
    }
    #expect(guests.count == 1)
    for guest in guests { #expect(kill(guest, signal) == 0) }
}
