package import Manifests
package import MatrixModel
import SystemPackage

/// The result of fetching one kernel.
package struct FetchOutcome: Sendable {
    package let kernel: KernelManifest
    package let result: Result<KernelImage, KernelStoreError>
}

package typealias FetchProgress = @Sendable (KernelID, FetchStep) -> Void

extension KernelStore {
    /// Fetches the images of `kernels`, all suites and downloads in parallel.
    ///
    /// - Parameters:
    ///   - kernels: Manifests of this store's catalogue.
    ///   - refresh: Fetches the newest match regardless of the lock, and locks it.
    ///   - patience: How old a failure must be before its kernel is tried again; a server that does not respond costs
    ///     seconds each time.
    ///   - progress: Called from several tasks at once.
    /// - Returns: One outcome per kernel, in the same order. A kernel that cannot be fetched does not affect the
    ///   others.
    package func fetch(
        _ kernels: [KernelManifest], refresh: Bool = false, patience: Duration = .zero,
        progress: @escaping FetchProgress = { _, _ in }
    ) async -> [FetchOutcome] {
        var locks: KernelLocks
        do {
            locks = try KernelLocks(folders: catalogueFolders)
        } catch {
            return kernels.map { FetchOutcome(kernel: $0, result: .failure(error)) }
        }
        var outcomes: [KernelID: Result<KernelImage, KernelStoreError>] = [:]
        let present = present(kernels, locks: refresh ? nil : locks)
        let here = refresh ? [:] : present.filter { $0.value.isComplete }
        for kernel in kernels where here[kernel.id] == nil {
            if let failure = recentFailure(of: kernel, within: patience) { outcomes[kernel.id] = .failure(failure) }
        }
        let missing = kernels.filter { here[$0.id] == nil && outcomes[$0.id] == nil }.map {
            FetchJob(
                kernel: $0, locked: refresh ? nil : locks.entry(for: $0), incomplete: refresh ? nil : present[$0.id],
                latest: refresh ? present[$0.id] : nil, progress: progress)
        }
        await withTaskGroup(of: [Fetched].self) { group in
            for (suite, jobs) in Dictionary(grouping: missing, by: \.suite) {
                addTasks(for: jobs, of: suite, to: &group)
            }
            // Locked as they arrive, so that an interrupted fetch keeps its results.
            func keep(_ fetched: Fetched) {
                note(fetched, of: kernels)
                outcomes[fetched.id] = fetched.result.flatMap { found in
                    Result { () throws(KernelStoreError) in
                        try locks.record(found.lock, for: fetched.id)
                        return found.image
                    }
                }
            }
            for kernel in kernels {
                guard let found = here[kernel.id] else { continue }
                progress(kernel.id, .alreadyHere)
                // A locked entry is not changed: a cache filled by an older version contains less than the lock.
                if locks.entry(for: kernel) == nil {
                    keep(Fetched(id: kernel.id, result: .success(found)))
                } else {
                    outcomes[kernel.id] = .success(found.image)
                }
            }
            for await fetched in group { fetched.forEach(keep) }
        }
        return kernels.map { FetchOutcome(kernel: $0, result: outcomes[$0.id] ?? .failure(.cancelled)) }
    }

    /// One task for everything that one update of an archive covers, and one for each file.
    private func addTasks(for jobs: [FetchJob], of suite: AptSuite?, to group: inout TaskGroup<[Fetched]>) {
        if let suite {
            group.addTask { [cache, endpoint] in
                await SuiteFetch(suite: suite, cache: cache, endpoint: endpoint).run(jobs)
            }
        }
        for job in jobs {
            guard case .file(let source) = job.kernel.source else { continue }
            group.addTask { [cache, tools] in
                [await FileFetch(cache: cache, tools: tools, job: job).run(source)]
            }
        }
    }

    /// The kernels that are here and match `locks`, if there are any.
    ///
    /// If the cache cannot be read, a fetch is attempted.
    private func present(_ kernels: [KernelManifest], locks: KernelLocks?) -> [KernelID: CachedKernel] {
        var present: [KernelID: CachedKernel] = [:]
        for kernel in kernels {
            if let found = try? cache.image(of: kernel, locked: locks?.entry(for: kernel)) {
                present[kernel.id] = found
            }
        }
        return present
    }
}

/// A step of a fetch, for progress output.
package enum FetchStep: Sendable, Hashable, CustomStringConvertible {
    case updating(AptSuite)
    case downloading(package: String)
    /// Several times a second; in bytes, with `total` if the server sent it.
    case receiving(file: String, bytes: Int64, total: Int64?)
    case checked(FileSignature, file: String)
    case extracting(file: String)
    /// The kernel is here but its config is not: objects that read `CONFIG_…` options cannot be measured on it.
    case withoutConfig(KernelStoreError)
    /// The kernel is here but its modules are not: probes that need one cannot be measured on it.
    case withoutModules(KernelStoreError)
    case alreadyHere

    package var description: String {
        switch self {
        case .updating(let suite): "updating \(suite)"
        case .downloading(let package): "downloading \(package)"
        case .receiving(let file, let bytes, let total):
            "\(Self.mebibytes(bytes))" + (total.map { " of \(Self.mebibytes($0))" } ?? "") + " MiB of \(file)"
        case .checked(let signature, let file): "\(file): \(signature)"
        case .extracting(let file): "extracting \(file)"
        case .withoutConfig(let error): "without its config: \(error)"
        case .withoutModules(let error): "without its modules: \(error)"
        case .alreadyHere: "already fetched"
        }
    }

    /// With one decimal.
    private static func mebibytes(_ bytes: Int64) -> String {
        let tenths = bytes * 10 >> 20
        return "\(tenths / 10).\(tenths % 10)"
    }
}
