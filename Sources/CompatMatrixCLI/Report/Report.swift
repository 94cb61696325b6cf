package import ArgumentParser
import Foundation
import HostTools
import MatrixAnalysis
import MatrixModel
import MatrixSession
import Reports
import ResultStore
import SystemPackage

package struct Report: AsyncParsableCommand {
    package static let configuration = CommandConfiguration(
        commandName: "report",
        abstract: "Print a stored run, or write its HTML report.",
        discussion: "Without --format, writes report.html of the run again and prints its path.")

    @Argument(help: "Id of a stored run, or a prefix of it (default: the latest run).") var run: String?
    @Option(help: "Print the run to stdout in this format.") var format: ReportFormat?
    @Option(help: "Write to this file instead of stdout.", completion: .file()) var output: String?
    @OptionGroup var stored: StoredRuns

    package init() {}

    package func run() async throws {
        let store = try stored.open()
        let document = try store.document(run: run)
        guard format != nil || output != nil else { return print(try ReportFile.writePage(of: document, in: store)) }
        let text = try (format ?? .html).render(
            document, from: store, in: .ofThisProcess(), forTerminal: output == nil)
        guard let output else { return print(text) }
        try ReportFile.write(text + "\n", to: try Workspace.absolute(output))
    }
}

/// Reports as files, each written completely or not at all.
enum ReportFile {
    /// Writes `<results>/<run>/report.html` and returns its path.
    static func writePage(
        of document: MatrixDocument, comparison: RunComparison? = nil, in store: ResultStore
    ) throws -> FilePath {
        let path = try store.folder(ofRun: document.run.id).appending("report.html")
        let page = try HTMLReport.render(document, comparison: comparison) { try store.logEnds($0) }
        try write(page, to: path)
        return path
    }

    /// Writes `text` to `path`, and creates its folder.
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
