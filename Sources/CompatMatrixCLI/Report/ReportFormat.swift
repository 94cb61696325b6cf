import ArgumentParser
import Glibc
import MatrixAnalysis
import MatrixModel
import MatrixSession
import Reports
import ResultStore
import SystemPackage
import VerifierLog

/// The formats of a run.
enum ReportFormat: String, ExpressibleByArgument, CaseIterable, Sendable {
    case html, json, markdown, junit, sarif, csv, github, table

    /// The run as text without a line break at its end.
    func render(
        _ document: MatrixDocument, comparison: RunComparison? = nil, from store: ResultStore, in workspace: Workspace,
        forTerminal: Bool
    ) throws -> String {
        switch self {
        case .html: return try HTMLReport.render(document, comparison: comparison) { try store.logEnds($0) }
        case .json: return try JSONReport.render(document)
        case .markdown: return Self.trimmed(MarkdownReport.render(document))
        case .junit:
            return Self.trimmed(try JUnitReport.render(document, log: { try store.logEnds($0, limit: 64 << 10) }))
        case .sarif:
            return try SARIFReport.render(
                document, rules: Catalogue.bundled.entries.map(SARIFReport.Rule.init), manifest: workspace.manifest(of:)
            )
        case .github: return Self.trimmed(GitHubCommands.render(document))
        case .csv: return Self.trimmed(CSVReport.render(document))
        case .table:
            let table = TerminalTable.render(
                document, style: forTerminal ? Terminal.style : .plain, width: forTerminal ? Terminal.width : nil)
            return Self.trimmed(table)
        }
    }

    /// `print` adds the line break again.
    private static func trimmed(_ text: String) -> String {
        // By scalars: a line feed after a carriage return, which is kept, is not a character of its own.
        text.unicodeScalars.last == "\n" ? String(text.unicodeScalars.dropLast()) : text
    }
}

extension SARIFReport.Rule {
    fileprivate init(_ entry: CatalogueEntry) {
        self.init(
            id: entry.id, category: entry.category, meaning: entry.meaning, reason: entry.reason,
            advice: entry.advice, since: entry.since)
    }
}

extension Workspace {
    /// The manifest of `probe`, relative to the root of the sources; `nil` if there is none.
    fileprivate func manifest(of probe: String) -> CodeLocation? {
        guard var path = probes?.appending(probe).appending("probe.yaml"), access(path.string, R_OK) == 0,
            path.removePrefix(sources)
        else { return nil }
        return CodeLocation(file: path.string, line: 1)
    }
}
