import Manifests
import MatrixModel
import SystemPackage

/// Searches for a kernel's config in the packages that belong to the package with its image.
struct ConfigSearch {
    let root: AptRoot
    let cache: KernelCache
    let job: FetchJob

    /// `linux-base-*` or `linux-modules-*`, and one more; further dependencies are large and unrelated.
    private static let candidateLimit = 3

    /// Adds the config contained in `package` to the image of `found`.
    ///
    /// A missing config is not an error: the kernel is measured without it, and `progress` gets the reason.
    func complete(_ found: CachedKernel, of package: AptPackage) async -> Fetched {
        do throws(KernelStoreError) {
            let candidates = try await candidates(of: package, release: found.image.releaseLabel)
            for candidate in candidates {
                if let complete = try await take(from: candidate, for: found) {
                    return Fetched(id: job.kernel.id, result: .success(complete))
                }
            }
            try cache.noteSearchForConfig(of: job.kernel.id)
            throw .noConfig(package: package.pinned)
        } catch {
            return job.having(found).failed(error)
        }
    }

    /// Only the locked package if there is one; otherwise the smallest first, preferring the version of the image's
    /// package.
    private func candidates(
        of package: AptPackage, release: String
    ) async throws(KernelStoreError) -> [AptPackage] {
        if let locked = job.locked?.config {
            let versions = try await root.versions(of: locked.package)
            if let found = versions.first(where: { $0.pinned == locked.pinned }) { return [found] }
            let nearest = try await root.newest(of: versions)?.pinned
            throw .lockedVersionGone(job.kernel.id, locked: locked.pinned, root.suite, nearest: nearest)
        }
        var candidates: [AptPackage] = []
        for name in package.companions(ofRelease: release) {
            let versions = try await root.versions(of: name)
            var chosen = versions.first { $0.version == package.version }
            if chosen == nil { chosen = try await root.newest(of: versions) }
            if let chosen { candidates.append(chosen) }
        }
        return Array(candidates.sorted { $0.size < $1.size }.prefix(Self.candidateLimit))
    }

    /// `nil` if `package` contains no config.
    private func take(
        from package: AptPackage, for found: CachedKernel
    ) async throws(KernelStoreError) -> CachedKernel? {
        job.progress(job.kernel.id, .downloading(package: package.pinned))
        return try await root.withDownload(of: package, progress: job.received(package.name)) {
            file throws(KernelStoreError) in
            job.progress(job.kernel.id, .extracting(file: package.pinned))
            let complete = try cache.installConfig(file, as: job.kernel, package: package, locked: job.locked)
            // Ubuntu's config is in the package of the modules, which is therefore available now.
            guard complete != nil, package.name == ModuleSearch.companion(ofRelease: found.image.releaseLabel) else {
                return complete
            }
            try ModuleSearch(root: root, cache: cache, job: job).keep(file, package: package)
            return try cache.amend(job.kernel) { _ in }
        }
    }
}
