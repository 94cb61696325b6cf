package import ArgumentParser
import MatrixModel
import Reports
import ResultStore
import SystemPackage

package struct Report: AsyncParsableCommand {
    package static let configuration = CommandConfiguration(
        commandName: "report",
        abstract: "Shows a stored run again: as an HTML report, as JSON or as the table.",
        discussion: "Without --format it writes the run's report.html anew and prints its path.")

    @Argument(help: "The run, or the beginning of its id; the newest without it.") var run: String?
    @Option(help: "html, json or table, to stdout.") var format: ReportFormat?
    @Option(help: "Writes to this file instead.", completion: .file()) var output: String?
    @OptionGroup var stored: StoredRuns

    package init() {}

    package func run() async throws {
        let store = try stored.open()
        let document = try store.document(run: run)
        guard format != nil || output != nil else { return print(try ReportFile.writePage(of: document, in: store)) }
        let text = try (format ?? .html).render(document, from: store, forTerminal: output == nil)
        guard let output else { return print(text) }
        try ReportFile.write(text + "\n", to: try Workspace.absolute(output))
    }
}

package enum ReportFormat: String, ExpressibleByArgument, CaseIterable, Sendable {
    case html, json, table

    /// The run as text without a line break at its end.
    func render(_ document: MatrixDocument, from store: ResultStore, forTerminal: Bool) throws -> String {
        switch self {
        case .html: return try HTMLReport.render(document, log: { try store.logEnds($0) })
        case .json: return try JSONReport.render(document)
        case .table:
            let table = TerminalTable.render(
                document, style: forTerminal ? Terminal.style : .plain, width: forTerminal ? Terminal.width : nil)
            return String(table.dropLast())
        }
    }
}
