import Machine
import QEMUBackend
import RunPlanning
import SystemPackage

/// The machine that guests run on.
///
/// A host without a usable QEMU is a reason why cells are not measured and does not end the run: stored results still
/// count.
struct HostMachine: Sendable {
    let backend: any MachineBackend
    /// `nil` without a usable QEMU.
    let qemu: QEMU?
    let accelerator: Accelerator?

    init(accelerator choice: AcceleratorOption, cache: FilePath, searchPath: String) async throws {
        do {
            let qemu = try await QEMU.locate(searchPath: searchPath, cache: cache)
            let accelerator: Accelerator =
                switch choice {
                case .auto: try await .best(with: qemu, cache: cache)
                case .kvm: .kvm
                case .tcg: .tcg
                }
            try qemu.check(for: accelerator)
            self.qemu = qemu
            self.accelerator = accelerator
            backend = QEMUBackend(qemu: qemu, accelerator: accelerator, snapshots: cache.appending("snapshots"))
        } catch let error as MachineError {
            backend = NoMachine(error: error)
            qemu = nil
            accelerator = nil
        }
    }
}

/// A placeholder for the machine that throws the reason for its absence.
private struct NoMachine: MachineBackend {
    let error: MachineError

    func withGuest<Result: Sendable>(
        _ spec: GuestSpec, start: StartPolicy, body: @Sendable (any Guest) async throws -> Result
    ) async throws -> Result { throw error }
}
