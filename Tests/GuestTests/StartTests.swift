import KernelStore
import Machine
import MatrixModel
import MatrixRunner
import Testing

extension GuestTests {
    /// Guests that never come up.
    @Suite(.serialized, .ownProcessor) struct StartTests {
        @Test func aKernelWithoutAnInitIsNotMeasuredAfterASecondTry() async throws {
            try await Bench.with(guest: Repository.guestTools) { bench in
                let kernel = try Repository.kernel("debian-6.1")
                let spec = bench.spec(kernel, extraArguments: "rdinit=/nonexistent init=/nonexistent")
                let backend = RecordingBackend(bench.backend())
                let cell = PlannedCell(
                    key: CellKey(kernel: kernel.id.text, probe: "any", variant: "any", loader: "libbpf"),
                    object: spec.initramfs, objectDigest: "any", programs: ["any"], expectations: [])
                let measurement = try await Measurement(
                    KernelBatch(kernel: kernel.id, spec: spec, cells: [cell]), backend: backend, cellLimit: .seconds(5))
                attachConsole(measurement.console(of: "any"), of: kernel.id.text)

                #expect(backend.policies == [.auto, .auto])
                let result = try #require(measurement.cells["any"])
                #expect(result.verdict == .notMeasured)
                #expect(result.reason?.hasPrefix("QEMU exited before the guest was ready") == true)
                let console = String(decoding: measurement.console(of: "any"), as: UTF8.self)
                #expect(console.contains("Kernel panic - not syncing"))
            }
        }

        /// The console of a guest that hangs shows how far it came.
        @Test func silentAgentIsGivenUp() async throws {
            try await Bench.with(guest: Repository.testGuest("stuck")) { bench in
                let spec = bench.spec(try Repository.kernel("debian-6.1"), extraArguments: "ignore_loglevel")
                let limit = Duration.seconds(8)
                let error = await #expect(throws: MachineError.self) {
                    try await bench.backend(bootLimit: limit).withGuest(spec, start: .auto) { _ in }
                }
                guard case .neverReady(limit, let console) = error else {
                    Issue.record("\(String(describing: error))")
                    return
                }
                attachConsole(console, of: spec.kernelID)
                #expect(String(decoding: console, as: UTF8.self).contains("Linux version 6.1."))
            }
        }
    }
}
