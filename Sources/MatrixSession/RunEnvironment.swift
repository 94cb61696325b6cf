internal import Foundation
internal import GuestImage
internal import HostTools
internal import KernelStore
internal import Loaders
internal import Logging
internal import Manifests
internal import MatrixModel
internal import MatrixRunner
internal import ResultStore
internal import RunPlanning
internal import SystemPackage

/// Resources that sessions open or find once: kernels, loaders, guest image, machine and store.
///
/// A session that follows another, as in a bisection or a watch, reuses all of them.
package actor RunEnvironment {
    package nonisolated let workspace: Workspace
    nonisolated let kernelStore: KernelStore
    nonisolated let display: any SessionDisplay
    private var chosen: [[String]: [KernelManifest]] = [:]
    private var fetched: [KernelID: FetchOutcome] = [:]
    private var loaders: [String: Loader] = [:]
    private var image: GuestImage?
    private var builtInitramfs: InitramfsFile?
    private var machines: [AcceleratorOption: HostMachine] = [:]
    private var stores: [FilePath: ResultStore] = [:]
    private var cacheLock: FileLock?

    package init(_ workspace: Workspace, display: any SessionDisplay) {
        self.workspace = workspace
        self.display = display
        kernelStore = KernelStore(workspace)
    }

    /// Keeps other processes from removing files from the cache, until `leaveCache`.
    ///
    /// A cache that cannot be locked cannot be written either, which is reported later.
    func enterCache() async { if cacheLock == nil { cacheLock = try? await workspace.cacheFolder.use() } }

    /// Removes the least recently used files if the cache is larger than `limit` and no other process uses it.
    func leaveCache(keeping limit: ByteSize) {
        guard let lock = cacheLock else { return }
        lock.release()
        cacheLock = nil
        for entry in workspace.cacheFolder.trim(to: limit.bytes) ?? [] {
            Logger.current.info("removed \(entry.path) from the cache: it is larger than \(limit)")
        }
    }

    /// The kernels that match `globs`, oldest first; `check` receives all kernels on the first call.
    func kernels(
        matching globs: [String], check: @Sendable ([KernelManifest]) throws -> Void
    ) throws -> [KernelManifest] {
        if let known = chosen[globs] { return known }
        try check(kernelStore.catalogue())
        let kernels = try kernelStore.kernels(matching: globs)
        chosen[globs] = kernels
        return kernels
    }

    /// Images of `kernels`, in the same order; missing ones are fetched.
    func images(of kernels: [KernelManifest]) async -> [FetchOutcome] {
        let missing = kernels.filter { fetched[$0.id] == nil }
        if !missing.isEmpty {
            let outcomes = await display.fetching { [kernelStore] show in
                await kernelStore.fetch(missing, patience: .seconds(600)) { id, step in
                    if step != .alreadyHere { show(id, step) }
                }
            }
            for outcome in outcomes { fetched[outcome.kernel.id] = outcome }
        }
        return kernels.compactMap { fetched[$0.id] }
    }

    /// The loaders of these names; only unknown ones are searched for.
    ///
    /// `options` contain the paths of the user's own.
    func loaders(_ names: Set<String>, _ options: [LoaderOption]) async throws -> [String: Loader] {
        let unknown = names.subtracting(loaders.keys)
        if !unknown.isEmpty {
            var own: [String: FilePath] = [:]
            for case .own(let name, let path) in options { own[name] = try Workspace.absolute(path) }
            let search = LoaderSearch(own: own, tools: workspace.guestTools, workshop: workshop)
            loaders.merge(try await search.find(unknown)) { _, new in new }
        }
        return loaders.filter { names.contains($0.key) }
    }

    /// Builds other versions of loaders; only in a repository.
    private var workshop: LoaderWorkshop? {
        workspace.loaderScript.map { [display] script in
            LoaderWorkshop(script: script) {
                display.say("building the loader \($0.name), with packages from Debian \($0.suite)")
            }
        }
    }

    /// The available versions of loaders.
    nonisolated var loaderReleases: [LoaderRelease] { LoaderRelease.all(in: workspace.guestTools) }

    /// The image with all loaders found so far: a run with a subset of them uses the snapshots of earlier runs.
    func guestImage() async throws(GuestImageError) -> GuestImage {
        let names = loaders.values.namesInGuestImage
        if let image, image.loaders.isSuperset(of: names) { return image }
        let new = try await GuestImage.forGuests(tools: workspace.guestTools, loaders: names)
        image = new
        builtInitramfs = nil
        return new
    }

    /// The initramfs of `guestImage()`, built when the first guest needs it.
    func initramfs() async throws(GuestImageError) -> InitramfsFile {
        let image = try await guestImage()
        if let builtInitramfs { return builtInitramfs }
        let built = try image.initramfs(in: workspace.cache)
        builtInitramfs = built
        return built
    }

    /// The host's QEMU and accelerator, cached once they are found.
    func machine(_ accelerator: AcceleratorOption) async throws -> HostMachine {
        if let machine = machines[accelerator] { return machine }
        let found = try await HostMachine(
            accelerator: accelerator, cache: workspace.cache,
            searchPath: ProcessInfo.processInfo.environment["PATH"] ?? "")
        if found.qemu != nil { machines[accelerator] = found }
        return found
    }

    /// The store of runs in `folder`, which is created if it does not exist.
    func store(in folder: FilePath) async throws -> ResultStore {
        if let store = stores[folder] { return store }
        let store = try await ResultStore.forWriting(in: folder)
        stores[folder] = store
        return store
    }
}
