import Crypto
package import Manifests
package import SystemPackage

/// A kept file that is not what it has to be.
package struct Discrepancy: Sendable, Hashable, CustomStringConvertible {
    package let file: FilePath
    /// SHA-256, in lower-case hexadecimal.
    package let expected: String
    package let found: String

    package var description: String { "\(file) has SHA-256 \(found), \(expected) expected" }
}

extension KernelStore {
    /// Reads what is kept of `kernel` and holds it against the lock, or where that has no word of it, against what was
    /// noted when it was put here.
    ///
    /// - Returns: `nil` when nothing is kept of it, or only of another source than the manifest now names.
    package func discrepancies(of kernel: KernelManifest) throws(KernelStoreError) -> [Discrepancy]? {
        guard let record = try cache.readRecord(of: kernel.id), record.source == kernel.source.description else {
            return nil
        }
        let image = cache.place(of: kernel.id).appending("vmlinuz")
        guard try Files.status(image) != nil else { return nil }
        let expected = try KernelLocks(folders: catalogueFolders).entry(for: kernel)?.image ?? record.lock.image
        let found = try SHA256.digest(of: image)
        return found == expected ? [] : [Discrepancy(file: image, expected: expected, found: found)]
    }
}
