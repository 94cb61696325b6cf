import Manifests
import MatrixModel
import SystemPackage

/// Fetches a kernel from a file: local, on a web server, or in a registry.
struct FileFetch {
    let cache: KernelCache
    let tools: SourceTools
    let job: FetchJob

    private var downloads: FilePath { cache.folder.appending("downloads") }

    /// A fetched file, and the data for its lock entry.
    private struct Brought {
        var path: FilePath
        /// For people.
        var name: String
        /// `nil` if it is pinned by the image's own digest alone.
        var lock: LockedFile?
        /// The message to report after it has been used.
        var word: FetchStep?
    }

    func run(_ source: FileSource) async -> Fetched {
        do throws(KernelStoreError) {
            let kernel = try await take(source) { _ throws(KernelStoreError) in job.kernel }
            return Fetched(id: job.kernel.id, result: .success(kernel))
        } catch {
            // The existing image survives a failed attempt to complete it only if it is intact.
            let here = try? cache.image(of: job.kernel, locked: job.locked)
            return here == nil ? Fetched(id: job.kernel.id, result: .failure(error)) : job.failed(error)
        }
    }

    /// Fetches the files of `source`, and stores them as the kernel that `identify` derives from the main file.
    func take(
        _ source: FileSource, as identify: (FilePath) throws(KernelStoreError) -> KernelManifest
    ) async throws(KernelStoreError) -> CachedKernel {
        let wanted = [source.location] + (source.config.map { [$0] } ?? []) + source.modules
        return try await bring(wanted[...], after: []) { brought throws(KernelStoreError) in
            guard let main = brought.first else { throw .unknownID(job.kernel.id) }
            return try install(main, brought.dropFirst(), source, as: identify(main.path))
        }
    }

    /// All files or none: a kernel is used with everything that its manifest names, or not at all.
    private func bring(
        _ wanted: ArraySlice<KernelLocation>, after brought: [Brought],
        _ body: ([Brought]) throws(KernelStoreError) -> CachedKernel
    ) async throws(KernelStoreError) -> CachedKernel {
        guard let location = wanted.first else { return try body(brought) }
        return try await bring(location) { file throws(KernelStoreError) in
            try await bring(wanted.dropFirst(), after: brought + [file], body)
        }
    }

    private func bring(
        _ location: KernelLocation, _ body: (Brought) async throws(KernelStoreError) -> CachedKernel
    ) async throws(KernelStoreError) -> CachedKernel {
        let source = location.description
        let locked = job.locked?.files?.first { $0.source == source }
        switch location {
        case .file(let path): return try await body(try await local(path))
        case .url(let address):
            let download = Download(address: address, folder: downloads, limits: tools.limits)
            job.progress(job.kernel.id, .downloading(package: address.description))
            return try await download.withFile(
                unless: broughtByAnother, progress: job.received(address.fileName)
            ) { file throws(KernelStoreError) in
                try await calling(file, address.description) { () throws(KernelStoreError) in
                    let digest = try Files.digest(of: file)
                    try require(digest, is: locked, what: address.description)
                    var brought = Brought(path: file, name: address.description)
                    brought.lock = LockedFile(source: source, sha256: digest)
                    try await checkSignature(of: &brought, named: address.fileName, isPinned: locked != nil)
                    return try await body(brought)
                }
            }
        case .oci(let reference):
            job.progress(job.kernel.id, .downloading(package: reference.description))
            let copy = RegistryCopy(
                reference: reference, folder: downloads, limits: tools.limits, isPlain: tools.registriesArePlain)
            return try await copy.withLayout(locked: locked?.sha256, progress: job.received(reference.description)) {
                layout, digest throws(KernelStoreError) in
                try require(digest, is: locked, what: reference.description)
                let brought = Brought(
                    path: layout, name: reference.description, lock: LockedFile(source: source, sha256: digest))
                return try await calling(layout, reference.description) { () throws(KernelStoreError) in
                    try await body(brought)
                }
            }
        }
    }

    /// Replaces `file`, a temporary copy, with `source` in errors.
    private func calling(
        _ file: FilePath, _ source: String, _ body: () async throws(KernelStoreError) -> CachedKernel
    ) async throws(KernelStoreError) -> CachedKernel {
        do throws(KernelStoreError) {
            return try await body()
        } catch {
            guard error.file?.starts(with: file) == true else { throw error }
            throw .inDownload(error, file: file, source: source)
        }
    }

    /// The kernel, if another process stored it while this one waited for the file; a refresh ignores it.
    private func broughtByAnother() throws(KernelStoreError) -> CachedKernel? {
        guard job.latest == nil, let found = try cache.image(of: job.kernel, locked: job.locked) else { return nil }
        return found.isComplete ? found : nil
    }

    /// A local file is locked by name, because its path is meaningless on other machines.
    private func local(_ path: FilePath) async throws(KernelStoreError) -> Brought {
        guard try Files.status(path) != nil else { throw .unreadable(file: path, errno: .noSuchFileOrDirectory) }
        var brought = Brought(path: path, name: path.string)
        guard (try? FileKind(of: path)) == .rpm else { return brought }
        let source = "file \(path.lastComponent?.string ?? "")"
        let digest = try Files.digest(of: path)
        let locked = job.locked?.files?.filter { $0.source == source } ?? []
        if let first = locked.first, !locked.contains(where: { $0.sha256 == digest }) {
            try require(digest, is: first, what: path.string)
        }
        brought.lock = LockedFile(source: source, sha256: digest)
        try await checkSignature(of: &brought, named: path.string, isPinned: !locked.isEmpty)
        return brought
    }

    private func require(
        _ digest: String, is locked: LockedFile?, what: String
    ) throws(KernelStoreError) {
        guard let locked, locked.sha256 != digest else { return }
        throw .differsFromLock(job.kernel.id, what: what, locked: locked.sha256, found: digest)
    }

    /// Records who signed the file, which is reported until its digest is pinned.
    private func checkSignature(
        of brought: inout Brought, named name: String, isPinned: Bool
    ) async throws(KernelStoreError) {
        var signature = FileSignature.unsigned
        if (try? FileKind(of: brought.path)) == .rpm {
            signature = try await RpmSignature(vendorKeys: tools.vendorKeys, cache: cache.folder)
                .check(brought.path, named: name)
        }
        if !isPinned { brought.word = .checked(signature, file: name) }
        if case .signed(let signer) = signature { brought.lock?.signedBy = signer }
    }

    private func install(
        _ main: Brought, _ beside: ArraySlice<Brought>, _ source: FileSource, as kernel: KernelManifest
    ) throws(KernelStoreError) -> CachedKernel {
        job.progress(kernel.id, .extracting(file: main.name))
        _ = try cache.install(main.path, as: kernel, package: nil, locked: job.locked)
        do throws(KernelStoreError) {
            var modules = beside
            if source.config != nil, let config = modules.popFirst() {
                try cache.keepConfig(config.path, named: config.name, of: kernel.id)
            }
            if !modules.isEmpty { try cache.keepModules(modules.map(\.path), of: kernel.id) }
            let files = ([main] + beside).compactMap(\.lock)
            let taken = try cache.amend(kernel) { record in
                record.origin = record.origin.replacing(main.path.string, with: main.name)
                record.lock.files = files.isEmpty ? nil : files
                record.lock.source = source.location.isOfThisMachine ? nil : kernel.source.description
            }
            for word in ([main] + beside).compactMap(\.word) { job.progress(kernel.id, word) }
            return taken
        } catch {
            // A kernel is used with everything its manifest names, or not at all.
            cache.remove(kernel.id)
            throw error
        }
    }
}

extension KernelLocation {
    fileprivate var isOfThisMachine: Bool { if case .file = self { true } else { false } }
}
