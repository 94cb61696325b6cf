import Manifests
import MatrixModel

/// A kernel to be fetched.
struct FetchJob: Sendable {
    let kernel: KernelManifest
    /// The lock entry it must match; `nil` to fetch the newest.
    let locked: LockedKernel?
    /// The existing kernel that lacks its config or its modules.
    let incomplete: CachedKernel?
    /// The existing kernel when a newer one is requested.
    var latest: CachedKernel?
    let progress: FetchProgress

    /// `nil` if it does not come from an apt archive.
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

    /// The same job if only the config of `found` remains to be fetched.
    func having(_ found: CachedKernel) -> FetchJob {
        FetchJob(kernel: kernel, locked: locked, incomplete: found, latest: latest, progress: progress)
    }

    /// An existing image stays usable if its config cannot be fetched.
    ///
    /// The lock entry of the config is kept for the next attempt.
    func failed(_ error: KernelStoreError) -> Fetched {
        guard var found = incomplete else { return Fetched(id: kernel.id, result: .failure(error)) }
        if case .cancelled = error { return Fetched(id: kernel.id, result: .failure(error)) }
        progress(kernel.id, found.lacksConfig ? .withoutConfig(error) : .withoutModules(error))
        found.lock.config = locked?.config
        found.lock.modules = locked?.modules
        return Fetched(id: kernel.id, result: .success(found))
    }
}
