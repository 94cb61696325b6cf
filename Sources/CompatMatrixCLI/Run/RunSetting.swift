import Foundation
import GuestImage
import KernelStore
import Loaders
import ResultStore

/// What a run finds out once, and a run after it with the same kernels need not ask again.
actor RunSetting {
    nonisolated let workspace: Workspace
    nonisolated let kernelStore: KernelStore
    nonisolated let kernels: [FetchOutcome]
    nonisolated let store: ResultStore
    private let search: LoaderSearch
    private var loaders: [String: Loader]
    private var image: GuestImage
    private var builtInitramfs: InitramfsFile?
    private var machine: HostMachine?

    init(
        workspace: Workspace, kernelStore: KernelStore, kernels: [FetchOutcome], guestImage: GuestImage,
        store: ResultStore, search: LoaderSearch, loaders: [String: Loader]
    ) {
        self.workspace = workspace
        self.kernelStore = kernelStore
        self.kernels = kernels
        image = guestImage
        self.store = store
        self.search = search
        self.loaders = loaders
    }

    /// The loaders of these names, looked for only where they are not known yet.
    func loaders(_ names: Set<String>) async throws -> [String: Loader] {
        let unknown = names.subtracting(loaders.keys)
        if !unknown.isEmpty { loaders.merge(try await search.find(unknown)) { _, new in new } }
        return loaders.filter { names.contains($0.key) }
    }

    /// The image with all loaders that were found so far: a run of some of them uses the snapshots of the runs before it.
    func guestImage() async throws(GuestImageError) -> GuestImage {
        let names = loaders.values.namesInGuestImage
        if !image.loaders.isSuperset(of: names) {
            image = try await GuestImage.forGuests(tools: workspace.guestTools, loaders: names)
            builtInitramfs = nil
        }
        return image
    }

    /// The initramfs of `guestImage()`, built when the first guest needs it.
    func initramfs() async throws(GuestImageError) -> InitramfsFile {
        if let builtInitramfs { return builtInitramfs }
        let built = try await guestImage().initramfs(in: workspace.cache)
        builtInitramfs = built
        return built
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
