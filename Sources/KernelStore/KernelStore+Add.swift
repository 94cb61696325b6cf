import HostTools
package import Manifests
package import MatrixModel
package import SystemPackage

extension KernelStore {
    /// Adds the kernel in `source`: its image to the cache, and a manifest to the last catalogue folder.
    ///
    /// - Parameters:
    ///   - source: A file of any supported type, with absolute paths.
    ///   - id: `nil` derives an id from the kernel's own header, `local-6.1`.
    ///   - btf: The BTF for a kernel without its own, as an absolute path.
    ///   - progress: Called while files are fetched.
    /// - Returns: The manifest that was written.
    /// - Throws: `KernelStoreError.idTaken` for an id that exists, whether derived or given; the other cases are about
    ///   `source`. After an error, nothing has changed.
    package func add(
        _ source: FileSource, id: KernelID? = nil, btf: FilePath? = nil,
        progress: @escaping @Sendable (FetchStep) -> Void = { _ in }
    ) async throws -> KernelManifest {
        // Two processes that add the same kernel at the same time must not remove each other's files.
        try Files.makeFolder(cache.folder)
        let lock = try await Files.lock(cache.folder, .folder)
        defer { lock.release() }
        let known = try catalogue()
        var locks = try KernelLocks(folders: catalogueFolders)
        if let id { try Self.require(id, isFreeIn: known) }
        let nameless = try KernelManifest(id: id ?? placeholder(), source: .file(source), file: "")
        let job = FetchJob(kernel: nameless, locked: nil, incomplete: nil) { _, step in progress(step) }
        var added: KernelManifest?
        let installed = try await FileFetch(cache: cache, tools: tools, job: job).take(source) {
            file throws(KernelStoreError) in
            let kernel = try manifest(for: file, source, id: id, btf: btf, besides: known)
            added = kernel
            return kernel
        }
        guard let kernel = added else { throw KernelStoreError.cancelled }
        do {
            if Task.isCancelled { throw KernelStoreError.cancelled }
            _ = try externalBTF(of: kernel, image: installed.image)
            try Files.makeFolder(kernel.file.removingLastComponent())
            try Files.write(Array(kernel.text.utf8), to: kernel.file)
            try locks.record(installed.lock, for: kernel.id)
        } catch {
            cache.remove(kernel.id)
            Files.remove(kernel.file)
            throw error
        }
        return kernel
    }

    private func manifest(
        for file: FilePath, _ source: FileSource, id: KernelID?, btf: FilePath?, besides known: [KernelManifest]
    ) throws(KernelStoreError) -> KernelManifest {
        let id = if let id { id } else { try guessID(file) }
        try Self.require(id, isFreeIn: known)
        guard let folder = catalogueFolders.last else { throw .idUnguessable(file: file, release: "") }
        return KernelManifest(id: id, source: .file(source), btf: btf, file: folder.appending("\(id).yaml"))
    }

    private static func require(_ id: KernelID, isFreeIn known: [KernelManifest]) throws(KernelStoreError) {
        if let taken = known.first(where: { $0.id == id }) { throw .idTaken(id, by: taken.file) }
    }

    /// Nothing is stored under this id: it is used until the file shows the real one.
    private func placeholder() throws(KernelStoreError) -> KernelID {
        guard let id = KernelID("new-0.0") else { throw .idUnguessable(file: "", release: "") }
        return id
    }

    /// Removes `id`: manifest, lock entry and image.
    ///
    /// - Throws: `KernelStoreError.unknownID` if no catalogue folder has it.
    package func remove(_ id: KernelID) throws {
        guard let kernel = try catalogue().first(where: { $0.id == id }) else { throw KernelStoreError.unknownID(id) }
        var locks = try KernelLocks(folders: catalogueFolders)
        try Files.delete(kernel.file)
        try locks.forget(id)
        cache.remove(id)
    }

    private func guessID(_ file: FilePath) throws(KernelStoreError) -> KernelID {
        let header = try cache.header(of: file)
        let version = header.release.split(separator: ".").prefix(2).map { $0.prefix(while: \.isNumber) }
        guard version.count == 2, let id = KernelID("\(header.family)-\(version.joined(separator: "."))") else {
            throw .idUnguessable(file: file, release: header.release)
        }
        return id
    }
}
