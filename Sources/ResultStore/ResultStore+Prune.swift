import FoundationEssentials
import GRDB
import Glibc
package import HostTools
import MatrixModel
import SystemPackage

extension ResultStore {
    /// Keeps others from pruning until the lock is released, or this process ends: what a run writes is referred to by the
    /// database only later.
    package func keepFromPruning() async throws -> FileLock { try await FileLock(sharing: pruneLock) }

    package struct Pruned: Sendable, Equatable {
        /// Ids, newest first.
        package var runs: [String]
        /// What their logs and reports took on disk.
        package var bytes: Int
    }

    /// Removes all runs but the newest `count`, with their reports and with the logs that no run refers to any more.
    ///
    /// - Returns: `nil` if nothing was tried, since somebody writes to this store.
    package func prune(keeping count: Int) throws -> Pruned? {
        guard let lock = try? FileLock(ifFree: pruneLock) else { return nil }
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
            let files = (try? FileManager.default.contentsOfDirectory(atPath: report.string)) ?? []
            bytes += files.reduce(0) { $0 + LogFiles.bytesOnDisk(report.appending($1)) }
            try? FileManager.default.removeItem(atPath: report.string)
        }
        do { try queue.vacuum() } catch let error as DatabaseError { throw ResultStoreError(error, at: databasePath) }
        return Pruned(runs: old, bytes: bytes)
    }

    private var pruneLock: FilePath { folder.appending("in-use.lock") }
}

extension LogFiles {
    /// Removes the logs for whose reference `isUnused` holds.
    ///
    /// - Returns: What they took on disk, in bytes.
    fileprivate func remove(where isUnused: (String) -> Bool) throws -> Int {
        var bytes = 0
        for file in try FileManager.default.contentsOfDirectory(atPath: path.string) {
            guard let name = LogName(file: file), isUnused(name.reference) else { continue }
            bytes += Self.bytesOnDisk(path.appending(file))
            unlink(path.appending(file).string)
        }
        return bytes
    }

    fileprivate static func bytesOnDisk(_ file: FilePath) -> Int {
        var status = stat()
        return lstat(file.string, &status) == 0 ? Int(status.st_blocks) * 512 : 0
    }
}
