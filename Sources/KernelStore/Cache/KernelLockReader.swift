import Manifests
import Synchronization
import SystemPackage

/// Reads the lock files again only when they changed: a catalogue of hundreds of kernels asks for each.
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

    /// What differs when a file was written again.
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
