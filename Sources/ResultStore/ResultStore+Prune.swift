import FoundationEssentials
import GRDB
import Glibc
package import HostTools
import MatrixModel
package import SystemPackage

extension ResultStore {
    /// Keeps other processes from pruning until the lock is released or this process ends, because the database refers
    /// to files of a run only after they are written.
    ///
    /// The lock is on the folder of logs, so no lock file is left behind.
    package func keepFromPruning() async throws -> FileLock { try await FileLock(sharing: logs.path) }

    /// The store in `folder`, which is created if it does not exist, for a process that writes to it: pruning is
    /// blocked until the process ends.
    package static func forWriting(in folder: FilePath) async throws -> ResultStore {
        let store = try ResultStore(folder: folder)
        _ = try? await store.keepFromPruning()
        return store
    }

    package struct Pruned: Sendable, Equatable {
        /// Ids, newest first.
        package var runs: [String]
        /// The size of their logs and reports on disk.
        package var bytes: Int
    }

    /// Removes all runs but the newest `count`, with their reports and with logs that no remaining run refers to.
    ///
    /// - Returns: `nil` if nothing was attempted because another process writes to this store.
    package func prune(keeping count: Int) throws -> Pruned? {
        guard let lock = try? FileLock(ifFree: logs.path) else { return nil }
        defer { lock.release() }
        let old = try runs().dropFirst(count).map(\.run.id)
        guard !old.isEmpty else { return Pruned(runs: [], bytes: 0) }
        let kept = try write { db in
            for id in old { try db.execute(sql: "DELETE FROM runs WHERE id = ?", arguments: [id]) }
            return try Set(
                String.fetchAll(
                    db,
                    sql: """
                        SELECT log FROM programs WHERE log IS NOT NULL
                        UNION SELECT console FROM cells WHERE console IS NOT NULL
                        """))
        }
        var bytes = try logs.remove { !kept.contains($0) }
        for id in old {
            let report = try folder(ofRun: id)
            bytes += DiskUsage(of: report).bytes
            try? FileManager.default.removeItem(atPath: report.string)
        }
        do { try queue.vacuum() } catch let error as DatabaseError { throw ResultStoreError(error, at: databasePath) }
        return Pruned(runs: old, bytes: bytes)
    }
}

extension LogFiles {
    /// Removes the logs for whose reference `isUnused` returns true.
    ///
    /// - Returns: Their size on disk, in bytes.
    fileprivate func remove(where isUnused: (String) -> Bool) throws -> Int {
        var bytes = 0
        for file in try FileManager.default.contentsOfDirectory(atPath: path.string) {
            guard let name = LogName(file: file), isUnused(name.reference) else { continue }
            bytes += DiskUsage(of: path.appending(file)).bytes
            unlink(path.appending(file).string)
        }
        return bytes
    }
}
