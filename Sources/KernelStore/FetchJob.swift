import Manifests
import MatrixModel

/// One kernel that is to be fetched.
struct FetchJob: Sendable {
    let kernel: KernelManifest
    /// What it has to be; `nil` takes the newest.
    let locked: LockedKernel?
    /// The kernel that is here already, all but its config or its modules.
    let incomplete: CachedKernel?
    /// The existing kernel when a newer one is requested.
    var latest: CachedKernel?
    let progress: FetchProgress

    /// `nil` for what comes from no apt archive.
    var suite: AptSuite? {
        if case .apt(let source) = kernel.source { source.suite } else { nil }
    }
}

struct Fetched: Sendable {
    let id: KernelID
    let result: Result<CachedKernel, KernelStoreError>
}

extension FetchJob {
    func received(_ name: String) -> DownloadProgress {
        { bytes, total in progress(kernel.id, .receiving(file: name, bytes: bytes, total: total)) }
    }

    /// The same job when all that is left to fetch of `found` is its config.
    func having(_ found: CachedKernel) -> FetchJob {
        FetchJob(kernel: kernel, locked: locked, incomplete: found, latest: latest, progress: progress)
    }

    /// An image that is here stays usable when its config cannot be had.
    ///
    /// The lock entry of the config stays, for the next attempt.
    func failed(_ error: KernelStoreError) -> Fetched {
        guard var found = incomplete else { return Fetched(id: kernel.id, result: .failure(error)) }
        if case .cancelled = error { return Fetched(id: kernel.id, result: .failure(error)) }
        progress(kernel.id, found.lacksConfig ? .withoutConfig(error) : .withoutModules(error))
        found.lock.config = locked?.config
        found.lock.modules = locked?.modules
        return Fetched(id: kernel.id, result: .success(found))
    }
}
