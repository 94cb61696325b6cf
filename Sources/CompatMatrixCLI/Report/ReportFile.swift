import Foundation
import HostTools
import MatrixAnalysis
import MatrixModel
import Reports
import ResultStore
import SystemPackage

/// Reports as files: each is there whole or not at all.
enum ReportFile {
    /// Writes `<results>/<run>/report.html` and returns its path.
    static func writePage(
        of document: MatrixDocument, comparison: RunComparison? = nil, in store: ResultStore
    ) throws -> FilePath {
        let path = store.folder.appending(document.run.id).appending("report.html")
        let page = try HTMLReport.render(document, comparison: comparison) { try store.logEnds($0) }
        try write(page, to: path)
        return path
    }

    /// Writes `text` to `path`, and creates the folder that it is in.
    static func write(_ text: String, to path: FilePath) throws(CommandFailure) {
        do {
            try FileManager.default.createDirectory(
                atPath: path.removingLastComponent().string, withIntermediateDirectories: true)
            try AtomicFile.write(Array(text.utf8), to: path)
        } catch let error as Errno {
            throw CommandFailure(.notMeasured, "cannot write \(path): \(error)")
        } catch {
            throw CommandFailure(.notMeasured, "cannot write \(path): \(error.reason)")
        }
    }
}
