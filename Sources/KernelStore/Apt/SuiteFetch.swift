import HostTools
import Manifests
import MatrixModel
import SystemPackage

/// The kernels of one suite: one update, then all downloads in parallel.
struct SuiteFetch {
    let suite: AptSuite
    let cache: KernelCache
    let endpoint: AptEndpointFinder
    /// From a metapackage over the empty signed package to the one with the image, and one more.
    private static let dependencyLimit = 4

    func run(_ jobs: [FetchJob]) async -> [Fetched] {
        do {
            let root = try AptRoot(suite: suite, endpoint: try await endpoint(suite.archive), in: cache.folder)
            let lock = try await Files.lock(root.folder.appending("lock"))
            defer { lock.release() }
            for job in jobs { job.progress(job.kernel.id, .updating(suite)) }
            try await root.update()
            return await withTaskGroup(of: Fetched.self) { group in
                for job in jobs { group.addTask { await fetch(job, from: root) } }
                return await group.reduce(into: []) { $0.append($1) }
            }
        } catch {
            return jobs.map { $0.failed(error) }
        }
    }

    private func fetch(_ job: FetchJob, from root: AptRoot) async -> Fetched {
        do {
            let package = try await resolve(job, from: root)
            if let latest = job.latest, latest.isComplete, latest.image.config != nil,
                latest.lock.pinned == package.pinned
            {
                job.progress(job.kernel.id, .alreadyHere)
                return Fetched(id: job.kernel.id, result: .success(latest))
            }
            let (found, holder) = try await image(job, in: package, from: root)
            let complete = await withConfig(found, of: holder, job, from: root)
            guard case .success(let kernel) = complete.result else { return complete }
            return await ModuleSearch(root: root, cache: cache, job: job).complete(kernel, of: holder)
        } catch {
            return job.failed(error)
        }
    }

    private func withConfig(
        _ found: CachedKernel, of holder: AptPackage, _ job: FetchJob, from root: AptRoot
    ) async -> Fetched {
        guard found.lacksConfig else { return Fetched(id: job.kernel.id, result: .success(found)) }
        return await ConfigSearch(root: root, cache: cache, job: job).complete(found, of: holder)
    }

    /// The image and the package that contains it: `package`, or one of its dependencies.
    private func image(
        _ job: FetchJob, in package: AptPackage, from root: AptRoot
    ) async throws(KernelStoreError) -> (CachedKernel, AptPackage) {
        if let here = job.incomplete, !here.lacksPackage { return (here, package) }
        var package = package
        var followed = 0
        while true {
            job.progress(job.kernel.id, .downloading(package: package.pinned))
            do throws(KernelStoreError) {
                let chosen = package
                let found = try await root.withDownload(of: chosen, progress: job.received(chosen.name)) {
                    file throws(KernelStoreError) in
                    job.progress(job.kernel.id, .extracting(file: chosen.pinned))
                    return try cache.install(
                        file, as: job.kernel, package: chosen, locked: job.locked ?? job.incomplete?.lock)
                }
                return (found, chosen)
            } catch .noKernelInPackage(let file) {
                followed += 1
                guard followed < Self.dependencyLimit, let next = package.kernelDependency,
                    let found = try await root.newest(of: root.versions(of: next))
                else { throw .noKernelInPackage(file: file) }
                package = found
            }
        }
    }

    private func resolve(_ job: FetchJob, from root: AptRoot) async throws(KernelStoreError) -> AptPackage {
        guard case .apt(let source) = job.kernel.source else { throw .unknownID(job.kernel.id) }
        if let locked = job.incomplete?.lock ?? job.locked, let name = locked.package, let pinned = locked.pinned {
            if let found = try await root.versions(of: name).first(where: { $0.pinned == pinned }) { return found }
            let nearest = try await newest(matching: source.package, from: root)
            throw .lockedVersionGone(job.kernel.id, locked: pinned, suite, nearest: nearest?.pinned)
        }
        guard let newest = try await newest(matching: source.package, from: root) else {
            throw .noSuchPackage(pattern: source.package, suite)
        }
        return newest
    }

    private func newest(matching pattern: String, from root: AptRoot) async throws(KernelStoreError) -> AptPackage? {
        try await root.newest(of: root.packages(matching: PackagePattern(pattern)))
    }
}
