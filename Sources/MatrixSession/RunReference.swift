import Foundation
import HostTools
package import MatrixModel
import Reports
package import ResultStore
import SystemPackage

/// A run as named on a command line.
///
/// `latest` and `previous` are the newest stored run and the one before it. A text with a slash, a text that ends in
/// `.json`, and the name of an existing file refer to a file written with `--format json`. Any other text is the
/// beginning of a stored run's id.
package enum RunReference {
    /// Reads the run; `store` is only called for a stored run.
    ///
    /// - Throws: `ResultStoreError` for a run that is not stored, `SessionError` for a file.
    package static func document(_ text: String, in store: () throws -> ResultStore) throws -> MatrixDocument {
        if text.contains("/") || text.hasSuffix(".json") || FileManager.default.fileExists(atPath: text) {
            return try document(inFile: text)
        }
        let store = try store()
        switch text {
        case "latest": return try store.document()
        case "previous":
            let runs = try store.runs()
            guard runs.count > 1 else {
                throw SessionError.noPreviousRun(in: store.folder, stored: runs.count)
            }
            return try store.document(run: runs[1].run.id)
        default: return try store.document(run: text)
        }
    }

    /// Reads a `file` written with `--format json`.
    package static func document(inFile file: String) throws -> MatrixDocument {
        let text: String
        do {
            let bytes = try Data(contentsOf: URL(filePath: Workspace.absolute(file).string))
            guard let read = String(validating: bytes, as: UTF8.self) else { throw Errno.illegalByteSequence }
            text = read
        } catch {
            let reason = (error as? Errno).map { "\($0)" } ?? error.reason
            throw SessionError.unreadableRun(file: file, reason: reason)
        }
        do {
            return try JSONReport.decode(text)
        } catch let error as ReportError {
            throw SessionError.invalidRun(file: file, error)
        }
    }
}
