import Manifests
import MatrixModel
import SystemPackage

extension KernelCache {
    /// Extracts the config from `file`, which is `package`, and stores it next to `kernel`'s image.
    ///
    /// - Returns: The kernel with its config; `nil` if `package` contains none, in which case nothing changes.
    /// - Throws: `KernelStoreError.differsFromLock` for a package other than the one that `locked` names.
    func installConfig(
        _ file: FilePath, as kernel: KernelManifest, package: AptPackage, locked: LockedKernel?
    ) throws(KernelStoreError) -> CachedKernel? {
        let work = try workFolder()
        defer { Files.remove(work) }
        let entry = LockedPackage(
            package: package.name, version: package.version, deb: try Files.digest(of: file))
        if let expected = locked?.config, entry.deb != expected.deb {
            throw .differsFromLock(
                kernel.id, what: "package \(package.name)", locked: expected.deb, found: entry.deb)
        }
        guard let config = try ImageExtractor(file: file).extractConfig(into: work),
            var record = try readRecord(of: kernel.id)
        else { return nil }
        record.lock.config = entry
        try put(config, of: kernel.id, record)
        return try image(of: kernel, locked: record.lock)
    }

    /// Stores the config `file`, or the config in the package `file`, next to the image of `id`.
    ///
    /// - Throws: `KernelStoreError.notAConfig` if the file neither is nor contains a config.
    func keepConfig(_ file: FilePath, named name: String, of id: KernelID) throws(KernelStoreError) {
        let work = try workFolder()
        defer { Files.remove(work) }
        guard try Files.status(file)?.type != .directory else { throw .notAConfig(file: name, looks: .anyFolder) }
        guard let config = try ImageExtractor(file: file).extractConfig(into: work) else {
            throw .notAConfig(file: name, looks: try look(of: file))
        }
        guard let record = try readRecord(of: id) else { throw .unknownID(id) }
        try put(config, of: id, record)
    }

    private func look(of file: FilePath) throws(KernelStoreError) -> FileLook? {
        do throws(KernelStoreError) {
            _ = try FileKind(of: file)
            return nil
        } catch .notAKernel(_, let look) {
            return look
        }
    }

    /// The config is stored last: until then, the kernel has none.
    private func put(_ config: FilePath, of id: KernelID, _ record: ImageRecord) throws(KernelStoreError) {
        var record = record
        record.configDigest = try Files.digest(of: config)
        let target = place(of: id).appending("config")
        Files.remove(target)
        try write(record, of: id)
        try Files.move(config, to: target)
    }

    /// Records that no package has `id`'s config, so that the next fetch does not search again.
    func noteSearchForConfig(of id: KernelID) throws(KernelStoreError) {
        guard var record = try readRecord(of: id) else { return }
        record.isSearchedForConfig = true
        record.configDigest = nil
        try write(record, of: id)
    }
}
