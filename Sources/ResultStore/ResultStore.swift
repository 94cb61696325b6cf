import GRDB
import Glibc
import HostTools
package import MatrixModel
package import SystemPackage

/// The runs in a results directory: a SQLite database, and the logs next to it.
///
/// Several processes can use a folder at the same time.
package struct ResultStore: Sendable {
    package static let databaseName = "compat-matrix.sqlite"

    package let folder: FilePath
    package let databasePath: FilePath
    let queue: DatabaseQueue
    let logs: LogFiles

    /// Opens the store in `folder`, and creates what is missing.
    ///
    /// - Throws: `ResultStoreError.folderUnusable`, `.diskFull`, `.foreignDatabase` or `.newerDatabase`, each with the path.
    package init(folder: FilePath) throws {
        self.folder = folder
        databasePath = folder.appending(Self.databaseName)
        logs = try LogFiles(folder.appending("logs"))
        queue = try Self.open(databasePath, lock: folder.appending("compat-matrix.lock"))
    }

    /// Opens the store in `folder`.
    ///
    /// - Throws: `ResultStoreError.noRuns` if nothing was ever stored: reading must not create an empty store.
    package init(existingIn folder: FilePath) throws {
        guard access(folder.appending(Self.databaseName).string, F_OK) == 0 else {
            throw ResultStoreError.noRuns(folder)
        }
        try self.init(folder: folder)
    }

    private static func open(_ path: FilePath, lock: FilePath) throws -> DatabaseQueue {
        var configuration = Configuration()
        // In this mode, a commit does not wait for the disk; a power failure may lose the last cells but nothing older.
        configuration.journalMode = .wal
        configuration.busyMode = .timeout(30)
        do {
            // Two processes that both find a table missing would both create it.
            let lock = try held(lock)
            defer { lock.release() }
            try checkOwner(of: path)
            let queue = try DatabaseQueue(path: path.string, configuration: configuration)
            try Schema.migrator.migrate(queue)
            return queue
        } catch let error as DatabaseError {
            throw ResultStoreError(error, at: path)
        }
    }

    private static func held(_ file: FilePath) throws -> FileLock {
        do { return try FileLock(blockingOn: file) } catch {
            guard case .system(let errno) = error else { throw CancellationError() }
            throw ResultStoreError(errno, at: file)
        }
    }

    /// Checks without writing: opening in WAL mode would change another program's database.
    private static func checkOwner(of path: FilePath) throws {
        guard access(path.string, F_OK) == 0 else { return }
        var configuration = Configuration()
        configuration.readonly = true
        configuration.busyMode = .timeout(30)
        try DatabaseQueue(path: path.string, configuration: configuration).read { db in
            let owner = try Int32.fetchOne(db, sql: "PRAGMA application_id") ?? 0
            // The migrator creates its own table first, so a disk that was full in between leaves only that one.
            let isEmpty =
                try Int.fetchOne(db, sql: "SELECT count(*) FROM sqlite_master WHERE tbl_name <> 'grdb_migrations'") == 0
            guard isEmpty || owner == Schema.applicationID else { throw ResultStoreError.foreignDatabase(path) }
            guard try !Schema.migrator.hasBeenSuperseded(db) else { throw ResultStoreError.newerDatabase(path) }
        }
    }

    func write<Value>(_ updates: (Database) throws -> Value) throws -> Value {
        do { return try queue.write(updates) } catch let error as DatabaseError {
            throw ResultStoreError(error, at: databasePath)
        }
    }

    func read<Value>(_ value: (Database) throws -> Value) throws -> Value {
        do { return try queue.read(value) } catch let error as DatabaseError {
            throw ResultStoreError(error, at: databasePath)
        }
    }

    /// The folder of a run's report.
    ///
    /// - Throws: `ResultStoreError.badRunID` for an id, perhaps from another program's database, that would lead
    ///   elsewhere.
    package func folder(ofRun id: String) throws(ResultStoreError) -> FilePath {
        guard RunInfo.isID(id) else { throw .badRunID(id) }
        return folder.appending(id)
    }

    /// Stores a log or a console, once even if it occurs several times.
    ///
    /// - Returns: `logs/<sha256>.txt`, the reference for `log(_:)`, with the digest of the bytes.
    package func storeLog(_ bytes: [UInt8]) throws -> String { try logs.store(bytes) }

    /// Begins a log that is too long for memory.
    package func logWriter() throws -> LogWriter { try LogWriter(in: logs.path) }

    /// The text of a stored log, with invalid UTF-8 replaced.
    ///
    /// - Returns: `nil` if the file is gone.
    /// - Throws: `ResultStoreError.badLogReference` if `reference` was not returned by `storeLog(_:)`; `.damagedLog`.
    package func log(_ reference: String) throws -> String? {
        var bytes: [UInt8] = []
        let file = try logs.read(reference) { bytes += $0 }
        return file.map { _ in String(decoding: bytes, as: UTF8.self) }
    }

    /// The first and last lines of a stored log, at most `limit` bytes; the complete log if it is no longer than that.
    ///
    /// - Returns: `nil` if the file is gone.
    /// - Throws: As `log(_:)`.
    package func logEnds(_ reference: String, limit: Int = 4 << 20) throws -> LogEnds? {
        var ends = EndsCollector(limit: limit)
        return try logs.read(reference) { ends.append($0) }.map { ends.ends(of: "logs/\($0)") }
    }

    /// Passes the bytes of a stored log to `body`, in parts of some 100 KiB, regardless of its length.
    ///
    /// - Returns: Whether the log exists.
    /// - Throws: As `log(_:)`, and what `body` throws.
    package func readLog(_ reference: String, _ body: (UnsafeRawBufferPointer) throws -> Void) throws -> Bool {
        try logs.read(reference, body) != nil
    }
}
