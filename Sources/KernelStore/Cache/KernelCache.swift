import FoundationEssentials
import HostTools
import Manifests
import MatrixModel
import SystemPackage

/// An image with the data for its lock entry.
struct CachedKernel {
    let image: KernelImage
    var lock: LockedKernel
    /// Whether its archive may have a config for it, or a config that was here is gone.
    let lacksConfig: Bool
    /// Whether its archive may have modules for it.
    let lacksModules: Bool
    /// Whether a file that only its own package can restore is gone or was never stored: the source of its modules, or
    /// the config that it contained.
    var lacksPackage = false

    var isComplete: Bool { !lacksConfig && !lacksModules && !lacksPackage }
}

/// The kernels on this machine: `kernels/<id>/` contains the image as `vmlinuz`, possibly its `config`, `image.json`
/// about both, and in `packages` the sources of its modules.
struct KernelCache: Sendable {
    let folder: FilePath

    private var kernels: FilePath { folder.appending("kernels") }
    func place(of id: KernelID) -> FilePath { kernels.appending(id.text) }
    private func record(of id: KernelID) -> FilePath { place(of: id).appending("image.json") }

    /// The image of `kernel`; `nil` if there is none, if it came from a source other than the manifest's, if the lock
    /// names a different one, or if the file has changed since it was stored.
    func image(of kernel: KernelManifest, locked: LockedKernel?) throws(KernelStoreError) -> CachedKernel? {
        guard let record = try readRecord(of: kernel.id), record.source == kernel.source.description,
            locked == nil || locked?.image == record.lock.image
        else { return nil }
        let path = place(of: kernel.id).appending("vmlinuz")
        guard let status = try Files.status(path), status.size == record.size, status.modified == record.modified else {
            return nil
        }
        let file = place(of: kernel.id).appending("config")
        let isLocked = locked?.config == nil || locked?.config == record.lock.config
        let isThere = try Files.status(file) != nil
        let config = isLocked && isThere ? file : nil
        let isSearched = record.isSearchedForConfig == true && locked?.config == nil
        let image = KernelImage(
            id: kernel.id, path: path, config: config, sha256: record.lock.image, origin: record.origin,
            releaseLabel: record.release)
        let isOfArchive = record.lock.version != nil
        let lacksArchives = try lacksArchives(of: kernel.id)
        let isConfigGone = record.configDigest != nil && !isThere
        return CachedKernel(
            image: image, lock: record.lock,
            lacksConfig: isConfigGone || isOfArchive && config == nil && !isSearched,
            lacksModules: isOfArchive && record.isSearchedForModules != true,
            lacksPackage: lacksArchives || isConfigGone && record.lock.config == nil)
    }

    /// An unreadable record counts as a missing image; fetching it again repairs it.
    func readRecord(of id: KernelID) throws(KernelStoreError) -> ImageRecord? {
        guard let bytes = try Files.readIfThere(record(of: id)) else { return nil }
        return try? JSONDecoder().decode(ImageRecord.self, from: Data(bytes))
    }

    /// Extracts the kernel from `file` and stores it as `kernel`'s image, or stores nothing at all.
    ///
    /// `locked` is what the file must match, `nil` to accept any; `package` identifies `file` if it came from apt.
    func install(
        _ file: FilePath, as kernel: KernelManifest, package: AptPackage?, locked: LockedKernel?
    ) throws(KernelStoreError) -> CachedKernel {
        let work = try workFolder()
        defer { Files.remove(work) }
        let extractor = ImageExtractor(file: file)
        let deb = try FileKind(of: file) == .debianPackage ? Files.digest(of: file) : nil
        if let expected = locked?.deb, let deb, deb != expected {
            throw .differsFromLock(kernel.id, what: "package", locked: expected, found: deb)
        }
        let extracted = try extractor.extract(into: work)
        if let expected = locked?.image, extracted.sha256 != expected {
            throw .differsFromLock(kernel.id, what: "image", locked: expected, found: extracted.sha256)
        }
        let entry = LockedKernel(
            package: package?.name, version: package?.version, deb: deb, image: extracted.sha256,
            source: package.map { _ in kernel.source.description })
        let origin =
            (package.map { "\($0.name) \($0.version)" } ?? file.string) + (extracted.choice.map { ", \($0)" } ?? "")
        let image = try keep(extracted, as: kernel, origin: origin, entry: entry)
        return CachedKernel(
            image: image, lock: entry, lacksConfig: image.config == nil && package != nil, lacksModules: package != nil)
    }

    /// The record is written last: until it matches the image next to it, the image does not count.
    private func keep(
        _ extracted: ImageExtractor.Extracted, as kernel: KernelManifest, origin: String, entry: LockedKernel
    ) throws(KernelStoreError) -> KernelImage {
        guard let status = try Files.status(extracted.image) else {
            throw .unreadable(file: extracted.image, errno: .noSuchFileOrDirectory)
        }
        let release = extracted.header.release
        let record = ImageRecord(
            source: kernel.source.description, origin: origin, release: release, lock: entry,
            configDigest: try extracted.config.map { file throws(KernelStoreError) in try Files.digest(of: file) },
            size: status.size, modified: status.modified)
        let target = place(of: kernel.id)
        try Files.makeFolder(target)
        Files.remove(self.record(of: kernel.id))
        Files.remove(target.appending("config"))
        let path = target.appending("vmlinuz")
        try Files.move(extracted.image, to: path)
        var config: FilePath?
        if let found = extracted.config {
            try Files.move(found, to: target.appending("config"))
            config = target.appending("config")
        }
        do throws(KernelStoreError) {
            try keepOwnModules(extracted.moduleArchives, of: kernel.id)
            try write(record, of: kernel.id)
        } catch {
            // An image without its record is useless.
            Files.remove(target)
            throw error
        }
        return KernelImage(
            id: kernel.id, path: path, config: config, sha256: entry.image, origin: origin, releaseLabel: release)
    }

    func write(_ record: ImageRecord, of id: KernelID) throws(KernelStoreError) {
        do {
            try Files.write([UInt8](JSON.encode(record)), to: self.record(of: id))
        } catch {
            throw error as? KernelStoreError ?? .unwritable(file: self.record(of: id), errno: .invalidArgument)
        }
    }

    /// The version of the kernel in `file`, which may be inside a package.
    func header(of file: FilePath) throws(KernelStoreError) -> BzImage {
        let work = try workFolder()
        defer { Files.remove(work) }
        return try ImageExtractor(file: file).extract(into: work).header
    }

    /// On the same file system as the images, so that files can be moved into place.
    ///
    /// Removes what killed processes left behind.
    func workFolder() throws(KernelStoreError) -> FilePath {
        for name in try Files.names(in: kernels) where TemporaryFolder.isAbandoned(name) {
            Files.remove(kernels.appending(name))
        }
        let folder = TemporaryFolder.name(beside: kernels.appending("work"))
        try Files.makeFolder(folder)
        return folder
    }

    func remove(_ id: KernelID) { Files.remove(place(of: id)) }
}

extension KernelCache {
    /// Changes the record of `kernel`, whose image is in the cache.
    func amend(
        _ kernel: KernelManifest, _ edit: (inout ImageRecord) -> Void
    ) throws(KernelStoreError) -> CachedKernel {
        guard var record = try readRecord(of: kernel.id) else { throw .unknownID(kernel.id) }
        edit(&record)
        try write(record, of: kernel.id)
        guard let found = try image(of: kernel, locked: nil) else { throw .unknownID(kernel.id) }
        return found
    }
}
