import Manifests
import MatrixModel
import SystemPackage

/// Fetches the package with a kernel's modules if the image's package does not contain them.
struct ModuleSearch {
    let root: AptRoot
    let cache: KernelCache
    let job: FetchJob

    /// For Ubuntu, and for Debian since 7.0, whose `linux-binary-*` does not name it; other images come with their
    /// modules.
    static func companion(ofRelease release: String) -> String { "linux-modules-\(release)" }

    /// Stores the modules of `found`, whose image is in `package`.
    ///
    /// Missing modules are not an error: the kernel is measured without them, and `progress` gets the reason.
    func complete(_ found: CachedKernel, of package: AptPackage) async -> Fetched {
        let id = job.kernel.id
        do throws(KernelStoreError) {
            let name = Self.companion(ofRelease: found.image.releaseLabel)
            if found.lock.modules?.contains(where: { $0.package == name }) != true {
                try await bring(name, version: package.version)
            }
            var found = found
            found.lock.modules = try cache.amend(job.kernel) { $0.isSearchedForModules = true }.lock.modules
            return Fetched(id: id, result: .success(found))
        } catch .cancelled {
            return Fetched(id: id, result: .failure(.cancelled))
        } catch {
            job.progress(id, .withoutModules(error))
            var found = found
            found.lock.modules = job.locked?.modules
            return Fetched(id: id, result: .success(found))
        }
    }

    /// Returns nothing if the package does not exist and none is locked.
    private func bring(_ name: String, version: String) async throws(KernelStoreError) {
        let versions = try await root.versions(of: name)
        let locked = job.locked?.modules?.first { $0.package == name }
        var package = versions.first { $0.pinned == locked?.pinned ?? "\(name)=\(version)" }
        if package == nil {
            let newest = try await root.newest(of: versions)
            if let locked {
                throw .lockedVersionGone(job.kernel.id, locked: locked.pinned, root.suite, nearest: newest?.pinned)
            }
            package = newest
        }
        guard let package else { return }
        job.progress(job.kernel.id, .downloading(package: package.pinned))
        try await root.withDownload(of: package, progress: job.received(package.name)) {
            file throws(KernelStoreError) in
            try keep(file, package: package)
        }
    }

    /// Stores `file`, which is `package`, as a source of modules.
    func keep(_ file: FilePath, package: AptPackage) throws(KernelStoreError) {
        let entry = LockedPackage(
            package: package.name, version: package.version, deb: try Files.digest(of: file))
        if let expected = job.locked?.modules?.first(where: { $0.package == entry.package }), expected.deb != entry.deb
        {
            throw .differsFromLock(
                job.kernel.id, what: "package \(package.name)", locked: expected.deb, found: entry.deb)
        }
        try cache.keepModules([file], of: job.kernel.id)
        _ = try cache.amend(job.kernel) { $0.lock.modules = [entry] }
    }
}
