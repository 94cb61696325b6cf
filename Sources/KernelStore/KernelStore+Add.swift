package import Manifests
package import MatrixModel
package import SystemPackage

extension KernelStore {
    /// Puts the kernel in `file` on the axis: its image into the cache, and a manifest into the last catalogue folder.
    ///
    /// - Parameters:
    ///   - file: A `.deb` or a bzImage.
    ///   - id: `nil` guesses one from the kernel's own header, `local-6.1`.
    /// - Returns: The manifest that was written.
    /// - Throws: `KernelStoreError.idTaken` for an id that exists, whether guessed or given; the other cases are about
    ///   `file`. Whatever is thrown, the axis is as it was.
    package func add(file: FilePath, id: KernelID? = nil) throws -> KernelManifest {
        guard let folder = catalogueFolders.last else { throw KernelStoreError.idUnguessable(file: file, release: "") }
        let known = try catalogue()
        let id = try id ?? guessID(file)
        if let taken = known.first(where: { $0.id == id }) { throw KernelStoreError.idTaken(id, by: taken.file) }

        let manifest = folder.appending("\(id).yaml")
        let kernel = KernelManifest(
            id: id, source: .file(FileSource(.file(file.lexicallyNormalized()))), file: manifest)
        var locks = try KernelLocks(folders: catalogueFolders)
        try Files.makeFolder(folder)
        let installed = try cache.install(file, as: kernel, package: nil, locked: nil)
        do {
            try Files.write(Array("source:\n  file: \(quoted(file.string))\n".utf8), to: manifest)
            try locks.record(installed.lock, for: id)
        } catch {
            cache.remove(id)
            Files.remove(manifest)
            throw error
        }
        return kernel
    }

    /// Takes `id` off the axis: manifest, lock entry and image.
    ///
    /// - Throws: `KernelStoreError.unknownID` when no catalogue folder has it.
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

    /// A double-quoted YAML scalar, in which a path with a colon or a `#` stays what it is.
    private func quoted(_ text: String) -> String {
        "\"" + text.replacing("\\", with: "\\\\").replacing("\"", with: "\\\"") + "\""
    }
}
