import FoundationEssentials
import HostTools
import Manifests
import MatrixModel
import Synchronization
import SystemPackage

/// What a kernel resolved to, so that everyone measures the same bytes.
struct LockedKernel: Codable, Equatable, Sendable {
    /// `nil` if it did not come from an apt archive.
    var package: String?
    /// The version of `package`.
    var version: String?
    /// SHA-256 of the `.deb` with the image, from any source; `nil` if it did not come from a `.deb`.
    var deb: String?
    /// SHA-256 of the image.
    var image: String
    /// The manifest's source; `nil` for a file, whose path is meaningless on other machines.
    var source: String?
    /// The source of the config; `nil` if the image's own package contains it, or if there is none.
    var config: LockedPackage?
    /// The packages that contain the modules; `nil` if the image's own package does, or if there are none.
    var modules: [LockedPackage]?
    /// Files that did not come from an apt archive: the kernel, its config, its modules.
    var files: [LockedFile]?

    /// `package=version`, as apt expects it.
    var pinned: String? {
        guard let package, let version else { return nil }
        return "\(package)=\(version)"
    }
}

/// A package with a kernel's config or modules, but not its image.
struct LockedPackage: Codable, Hashable, Sendable {
    var package: String
    var version: String
    /// SHA-256 of the `.deb`.
    var deb: String

    /// `package=version`, as apt expects it.
    var pinned: String { "\(package)=\(version)" }
}

/// A file that no signed index describes.
struct LockedFile: Codable, Hashable, Sendable {
    /// The URL, the reference, or the name of a file of this machine.
    var source: String
    /// The digest of the file or, if `source` is an image in a registry, of its manifest.
    var sha256: String
    /// The vendor whose key signed it; `nil` if no known vendor key did.
    var signedBy: String?
}

/// The `kernels.lock.json` of every catalogue folder; entries of later folders take precedence.
struct KernelLocks: Sendable {
    static let fileName = "kernels.lock.json"

    private let folders: [FilePath]
    private var entries: [[String: LockedKernel]]

    init(folders: [FilePath]) throws(KernelStoreError) {
        self.folders = folders
        entries = []
        for folder in folders { entries.append(try Self.read(folder.appending(Self.fileName))) }
    }

    subscript(_ id: KernelID) -> LockedKernel? {
        entries.last { $0[id.text] != nil }?[id.text]
    }

    /// The lock entry of `kernel`; `nil` if it is not locked yet, or the entry is for another source than the
    /// manifest's.
    func entry(for kernel: KernelManifest) -> LockedKernel? {
        guard let entry = self[kernel.id], entry.source == nil || entry.source == kernel.source.description else {
            return nil
        }
        return entry
    }

    /// Writes `kernel` into the lock of the last folder, which is the user's own; does nothing if the entry exists
    /// already.
    mutating func record(_ kernel: LockedKernel, for id: KernelID) throws(KernelStoreError) {
        guard self[id] != kernel else { return }
        try change { $0[id.text] = kernel }
    }

    mutating func forget(_ id: KernelID) throws(KernelStoreError) {
        guard entries.last?[id.text] != nil else { return }
        try change { $0[id.text] = nil }
    }

    /// Edits the current content of the file, because other processes may have written to it since it was read.
    private mutating func change(_ edit: (inout [String: LockedKernel]) -> Void) throws(KernelStoreError) {
        guard let folder = folders.last else { return }
        let file = folder.appending(Self.fileName)
        try Files.makeFolder(folder)
        let lock = try Files.lock(blockingOn: folder)
        defer { lock.release() }
        entries[entries.count - 1] = try Self.read(file)
        edit(&entries[entries.count - 1])
        do {
            try Files.write([UInt8](JSON.encode(entries[entries.count - 1])), to: file)
        } catch let error as KernelStoreError {
            throw error
        } catch {
            throw .invalidLock(file: file, problem: "\(error)")
        }
    }

    private static func read(_ file: FilePath) throws(KernelStoreError) -> [String: LockedKernel] {
        guard let bytes = try Files.readIfThere(file) else { return [:] }
        do {
            return try JSONDecoder().decode([String: LockedKernel].self, from: Data(bytes))
        } catch let DecodingError.dataCorrupted(context), let DecodingError.keyNotFound(_, context),
            let DecodingError.typeMismatch(_, context), let DecodingError.valueNotFound(_, context)
        {
            throw .invalidLock(file: file, problem: context.debugDescription)
        } catch {
            throw .invalidLock(file: file, problem: "\(error)")
        }
    }
}

/// Rereads the lock files only if they have changed, because a catalogue of hundreds of kernels reads them for each.
final class KernelLockReader: Sendable {
    private let folders: [FilePath]
    private let latest = Mutex<(state: [FileState?], locks: KernelLocks)?>(nil)

    init(folders: [FilePath]) { self.folders = folders }

    func locks() throws(KernelStoreError) -> KernelLocks {
        var state: [FileState?] = []
        for folder in folders {
            state.append(try Files.status(folder.appending(KernelLocks.fileName)).map(FileState.init))
        }
        if let known = latest.withLock({ $0 }), known.state == state { return known.locks }
        let locks = try KernelLocks(folders: folders)
        latest.withLock { $0 = (state, locks) }
        return locks
    }

    /// The state of a file, which differs after it is written again.
    private struct FileState: Equatable {
        let inode: Inode
        let size: Int64
        let modified: Int64

        init(_ status: Stat) {
            inode = status.inode
            size = status.size
            modified = status.modified
        }
    }
}
