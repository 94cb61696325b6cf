import GRDB
package import SystemPackage

package enum ResultStoreError: Error, Equatable {
    /// The folder could not be created, or is not writable.
    case folderUnusable(FilePath, Errno)
    case diskFull(FilePath)
    /// Not a database, or the database of another program.
    case foreignDatabase(FilePath)
    /// Written by a newer version of compat-matrix.
    case newerDatabase(FilePath)
    /// SQLite's message, for all other errors.
    case database(FilePath, message: String)
    case corruptRow(table: String, column: String, value: String)
    case noRuns(FilePath)
    case unknownRun(String)
    /// With the matching runs.
    case ambiguousRun(String, [String])
    case runExists(String)
    case badRunID(String)
    /// Not `logs/<sha256>.txt`.
    case badLogReference(String)
    case unreadableLog(FilePath, Errno)
    case damagedLog(FilePath)
}

extension ResultStoreError: CustomStringConvertible {
    package var description: String {
        switch self {
        case .folderUnusable(let path, let reason): "cannot write to \(path): \(reason)"
        case .diskFull(let path): "no space left for \(path); free some with 'compat-matrix clean'"
        case .foreignDatabase(let path):
            "\(path) is not a compat-matrix database; use --results to choose another directory"
        case .newerDatabase(let path): "\(path) was written by a newer version of compat-matrix; update compat-matrix"
        case .database(let path, let message): "\(path): \(message)"
        case .corruptRow(let table, let column, let value):
            "the results database is damaged: \(table).\(column) is '\(value)'"
        case .noRuns(let path): "no runs in \(path); create one with 'compat-matrix run'"
        case .unknownRun(let id):
            "no stored run has an id that starts with '\(id)'; list the runs with 'compat-matrix runs'"
        case .ambiguousRun(let id, let candidates):
            "'\(id)' matches several runs (\(candidates.joined(separator: ", "))); use a longer prefix"
        case .runExists(let id): "run \(id) is already stored"
        case .badRunID(let id): "'\(id)' is not the id of a run; expected letters, digits, '-' and '_'"
        case .badLogReference(let reference): "'\(reference)' is not a stored log; expected logs/<sha256>.txt"
        case .unreadableLog(let path, let reason): "cannot read the log \(path): \(reason)"
        case .damagedLog(let path): "\(path) is damaged; delete it, and the next run writes it again"
        }
    }
}

extension ResultStoreError {
    init(_ error: DatabaseError, at path: FilePath) {
        switch error.resultCode {
        case .SQLITE_FULL: self = .diskFull(path)
        case .SQLITE_NOTADB: self = .foreignDatabase(path)
        case .SQLITE_READONLY, .SQLITE_PERM: self = .folderUnusable(path, .permissionDenied)
        default: self = .database(path, message: error.message ?? "\(error.resultCode)")
        }
    }

    init(_ error: Errno, at path: FilePath) {
        self = [.noSpace, .diskQuotaExceeded].contains(error) ? .diskFull(path) : .folderUnusable(path, error)
    }
}
