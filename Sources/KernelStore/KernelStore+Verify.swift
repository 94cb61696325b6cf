package import Manifests
package import SystemPackage

/// A stored file that does not match its digest.
package struct Discrepancy: Sendable, Hashable, CustomStringConvertible {
    package let file: FilePath
    /// The folder with everything stored for its kernel; deleting it makes a fetch restore everything.
    package let folder: FilePath
    /// SHA-256 in lower-case hexadecimal; `nil` if neither the lock nor a record has it and the file is gone.
    package let expected: String?
    /// The same for the actual file; `nil` if the file is gone.
    package let found: String?

    package var description: String {
        guard let found, let expected else { return "\(file) is missing" }
        return "\(file) has SHA-256 \(found), expected \(expected)"
    }
}

extension KernelStore {
    /// Compares the stored files of `kernel` (image, config, packages) with the lock, or with the cache's own record if
    /// the lock has no entry.
    ///
    /// - Returns: `nil` if nothing is stored, or only files from a source other than the manifest's.
    package func discrepancies(of kernel: KernelManifest) throws(KernelStoreError) -> [Discrepancy]? {
        guard let record = try cache.readRecord(of: kernel.id), record.source == kernel.source.description else {
            return nil
        }
        let folder = cache.place(of: kernel.id)
        guard try Files.status(folder.appending("vmlinuz")) != nil else { return nil }
        let locked = try KernelLocks(folders: catalogueFolders).entry(for: kernel) ?? record.lock
        var kept = [(file: folder.appending("vmlinuz"), expected: locked.image)]
        if let digest = record.configDigest { kept.append((folder.appending("config"), digest)) }
        // The package of the image; modules may come from other packages, which the lock does not name.
        let package = cache.packages(of: kernel.id).appending("own-0")
        if let digest = locked.deb, try Files.status(package) != nil { kept.append((package, digest)) }

        var discrepancies: [Discrepancy] = []
        for (file, expected) in kept {
            let found = try Files.status(file) == nil ? nil : try Files.digest(of: file)
            guard found != expected else { continue }
            discrepancies.append(Discrepancy(file: file, folder: folder, expected: expected, found: found))
        }
        for name in try cache.moduleHolders(of: kernel.id)?.archives ?? [] {
            let file = cache.packages(of: kernel.id).appending(name)
            guard try Files.status(file) == nil else { continue }
            discrepancies.append(Discrepancy(file: file, folder: folder, expected: nil, found: nil))
        }
        return discrepancies
    }
}
