package import Manifests

/// The result of refreshing one kernel.
package struct RefreshOutcome: Sendable {
    package let kernel: KernelManifest
    /// The old content of the lock; `nil` if there was none.
    package let old: String?
    package let result: Result<Refreshed, KernelStoreError>

    package struct Refreshed: Sendable {
        package let image: KernelImage
        /// The new content of the lock: package and version, or the beginning of the file's digest.
        package let new: String
        package let isChanged: Bool
    }
}

extension KernelStore {
    /// Fetches the newest match of each kernel regardless of the lock, and locks it.
    ///
    /// - Returns: One outcome per kernel, in the same order.
    package func refresh(
        _ kernels: [KernelManifest], progress: @escaping FetchProgress = { _, _ in }
    ) async -> [RefreshOutcome] {
        let before: KernelLocks
        do {
            before = try KernelLocks(folders: catalogueFolders)
        } catch {
            return kernels.map { RefreshOutcome(kernel: $0, old: nil, result: .failure(error)) }
        }
        return await fetch(kernels, refresh: true, progress: progress).map { outcome in
            let old = before[outcome.kernel.id]
            return RefreshOutcome(
                kernel: outcome.kernel, old: old?.version(of: outcome.kernel),
                result: outcome.result.flatMap { image in
                    Result { () throws(KernelStoreError) in
                        let new = try KernelLocks(folders: catalogueFolders)[outcome.kernel.id]
                        return RefreshOutcome.Refreshed(
                            image: image, new: new?.version(of: outcome.kernel) ?? image.origin,
                            isChanged: new?.image != old?.image || new?.deb != old?.deb)
                    }
                })
        }
    }
}

extension LockedKernel {
    /// For people.
    fileprivate func version(of kernel: KernelManifest) -> String {
        pinned ?? "SHA-256 \((files?.first?.sha256 ?? image).prefix(12))"
    }
}
