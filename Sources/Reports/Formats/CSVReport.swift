package import MatrixModel

/// A run as CSV: one row per program, or per cell if it has none.
///
/// According to RFC 4180, with a header. Columns are named by their path in the JSON; a missing value is an empty
/// field. Each row is one line, because control characters are escaped and line breaks become spaces.
package enum CSVReport {
    package static func render(_ document: MatrixDocument) -> String {
        let releases = Dictionary(
            document.kernels.map { ($0.id, $0.release) }, uniquingKeysWith: { first, _ in first })
        let columns = Self.columns
        var text = columns.map { field($0.name) }.joined(separator: ",") + "\r\n"
        for cell in document.cells {
            let release = releases[cell.kernel] ?? nil
            let programs: [ProgramResult?] = cell.programs.isEmpty ? [nil] : cell.programs
            for program in programs {
                let row = Row(run: document.run.id, release: release, cell: cell, program: program)
                text += columns.map { field($0.value(row)) }.joined(separator: ",")
                text += "\r\n"
            }
        }
        return text
    }

    private struct Row {
        var run: String
        var release: String?
        var cell: CellResult
        var program: ProgramResult?

        var cause: Cause? { program?.cause }
        var stats: ProgramStatistics? { program?.stats }
    }

    private typealias Column = (name: String, value: (Row) -> (any CustomStringConvertible)?)

    private static var columns: [Column] { cellColumns + programColumns + statisticsColumns + timeColumns }

    private static var cellColumns: [Column] {
        [
            ("run.id", { $0.run }), ("kernel", { $0.cell.kernel }), ("kernel.release", { $0.release }),
            ("probe", { $0.cell.probe }), ("variant", { $0.cell.variant }), ("loader", { $0.cell.loader }),
            ("verdict", { $0.cell.verdict.rawValue }), ("stage", { $0.cell.stage?.rawValue }),
            ("expected", { $0.cell.expected.rawValue }), ("asExpected", { $0.cell.asExpected }),
            ("expectedReason", { $0.cell.expectedReason }),
            ("cached", { $0.cell.cached }), ("event", { $0.cell.event }), ("reason", { $0.cell.reason }),
            ("console", { $0.cell.console }),
        ]
    }

    private static var programColumns: [Column] {
        [
            ("program.name", { $0.program?.name }), ("program.type", { $0.program?.type }),
            ("program.verdict", { $0.program?.verdict.rawValue }), ("program.stage", { $0.program?.stage?.rawValue }),
            ("program.errno", { $0.program?.errno }), ("cause.id", { $0.cause?.id }),
            ("cause.category", { $0.cause?.category }), ("cause.line", { $0.cause?.line }),
            ("cause.source", { $0.cause?.source }), ("cause.location.file", { $0.cause?.location?.file }),
            ("cause.location.line", { $0.cause?.location?.line }), ("cause.advice", { $0.cause?.advice }),
            ("cause.since", { $0.cause?.since }), ("program.log", { $0.program?.log }),
            ("program.logComplete", { $0.program?.logComplete }),
            ("program.logCut", { $0.program?.logCut?.rawValue }),
        ]
    }

    private static var statisticsColumns: [Column] {
        [
            ("stats.instructions", { $0.stats?.instructions }), ("stats.limit", { $0.stats?.limit }),
            ("stats.headroomPercent", { $0.stats?.headroomPercent }), ("stats.totalStates", { $0.stats?.totalStates }),
            ("stats.peakStates", { $0.stats?.peakStates }), ("stats.stackDepth", { $0.stats?.stackDepth }),
            ("stats.verificationMicroseconds", { $0.stats?.verificationMicroseconds }),
            ("stats.loadMicroseconds", { $0.stats?.loadMicroseconds }),
            ("stats.programInstructions", { $0.stats?.size.instructions }),
            ("stats.translatedBytes", { $0.stats?.size.translatedBytes }),
            ("stats.jitedBytes", { $0.stats?.size.jitedBytes }),
        ]
    }

    private static var timeColumns: [Column] {
        [
            ("seconds.queue", { $0.cell.seconds.queue }), ("seconds.load", { $0.cell.seconds.load }),
            ("seconds.attach", { $0.cell.seconds.attach }), ("seconds.fire", { $0.cell.seconds.fire }),
            ("seconds.total", { $0.cell.seconds.total }), ("program.seconds.load", { $0.program?.seconds.load }),
            ("program.seconds.attach", { $0.program?.seconds.attach }),
            ("program.seconds.fire", { $0.program?.seconds.fire }),
        ]
    }

    private static func field(_ value: (any CustomStringConvertible)?) -> String {
        guard let value else { return "" }
        guard let text = value as? String else { return "\(value)" }
        return field(TerminalText.escaped(text))
    }

    /// A field that RFC 4180 parses as `text`, with an apostrophe before anything that a spreadsheet would interpret as
    /// a formula.
    ///
    /// Source: OWASP, "CSV Injection".
    private static func field(_ text: String) -> String {
        let isFormula = text.unicodeScalars.first { $0 != " " }.map { formulaStarts.contains($0) } ?? false
        let harmless = isFormula ? "'\(text)" : text
        let isPlain = harmless.utf8.allSatisfy { $0 != UInt8(ascii: "\"") && $0 != UInt8(ascii: ",") }
        return isPlain
            ? harmless
            : "\"\(harmless.split(separator: "\"", omittingEmptySubsequences: false).joined(separator: "\"\""))\""
    }

    /// The last four are the full-width forms, which spreadsheets treat like the first four.
    private static let formulaStarts: Set<Unicode.Scalar> = [
        "=", "+", "-", "@", "\u{FF1D}", "\u{FF0B}", "\u{FF0D}", "\u{FF20}",
    ]
}
