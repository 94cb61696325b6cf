import Foundation
import GuestImage
import KernelStore
import ResultStore

/// What a run finds out once, and a run after it with the same kernels need not ask again.
actor RunSetting {
    nonisolated let workspace: Workspace
    nonisolated let kernelStore: KernelStore
    nonisolated let kernels: [FetchOutcome]
    nonisolated let guestImage: GuestImage
    nonisolated let store: ResultStore
    private var machine: HostMachine?

    init(
        workspace: Workspace, kernelStore: KernelStore, kernels: [FetchOutcome], guestImage: GuestImage,
        store: ResultStore
    ) {
        self.workspace = workspace
        self.kernelStore = kernelStore
        self.kernels = kernels
        self.guestImage = guestImage
        self.store = store
    }

    /// The host's QEMU and accelerator, asked for the first time; a host without any is asked again.
    func machine(_ accelerator: AcceleratorOption) async throws -> HostMachine {
        if let machine { return machine }
        let found = try await HostMachine(
            accelerator: accelerator, cache: workspace.cache,
            searchPath: ProcessInfo.processInfo.environment["PATH"] ?? "")
        if found.qemu != nil { machine = found }
        return found
    }
}
