package import ArgumentParser
import MatrixModel
import MatrixSession
import Reports
import ResultStore
import SystemPackage

package struct Report: AsyncParsableCommand {
    package static let configuration = CommandConfiguration(
        commandName: "report",
        abstract: "Shows a stored run again: as a page, as the table, or in a format that other tools read.",
        discussion: "Without --format it writes the run's report.html anew and prints its path.")

    @Argument(help: "The run, or the beginning of its id; the newest without it.") var run: String?
    @Option(help: "\(ReportFormat.list), to stdout.") var format: ReportFormat?
    @Option(help: "Writes to this file instead.", completion: .file()) var output: String?
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
