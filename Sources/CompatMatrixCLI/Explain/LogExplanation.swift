import MatrixModel
import Reports
import VerifierLog

/// The explanation of a log; encodes as the JSON of `--json`.
struct LogExplanation: Encodable {
    struct Size: Encodable {
        var bytes: Int
        var lines: Int
        /// `null` for a log that may be whole.
        @Nullable var cut: LogCut?
    }

    /// `null` where nothing was refused.
    @Nullable var cause: Cause?
    @Nullable var explanation: Explanation?
    @Nullable var stats: ProgramStatistics?
    var log: Size

    init(of log: LogSummary, catalogue: Catalogue = .bundled) {
        let cause = catalogue.cause(ofText: log)
        self.cause = cause
        explanation = cause.map { catalogue.explanation(of: $0, ofText: log) }
        stats = log.statistics
        self.log = Size(bytes: log.byteCount, lines: log.lineCount, cut: log.isAbridged ? .abridged : nil)
    }

    /// The cause with its blocks, and below them the numbers that there are; the log came from `name`.
    func text(name: String) -> String {
        let rows = numbers.compactMap { name, value in value.map { ["\(name):", TerminalText.escaped($0)] } }
        guard let cause, let explanation else {
            return "No rejection found in \(TerminalText.escaped(name)).\n" + Output.table(rows: rows)
        }
        return ExplanationText.render(cause, explanation) + "\n\n" + Output.table(rows: rows)
    }

    private var numbers: [(String, String?)] {
        [
            (
                "instructions",
                stats?.instructions.map { "\($0) processed" + (stats?.limit.map { " of at most \($0)" } ?? "") }
            ),
            ("states", stats?.totalStates.map { "\($0)" + (stats?.peakStates.map { ", \($0) at once" } ?? "") }),
            ("stack", stats?.stackDepth.map { "\($0) bytes" }),
            ("time", stats?.verificationMicroseconds.map { "\($0) µs" }),
            (
                "log",
                "\(log.lines) \(log.lines == 1 ? "line" : "lines"), \(log.bytes) bytes"
                    + (log.cut.map { "; \($0.summary)" } ?? "")
            ),
        ]
    }
}

/// A cause and its explanation for a terminal.
enum ExplanationText {
    /// The cause in a few lines, then the four blocks and the facts; what there is nothing of is left out.
    static func render(_ cause: Cause, _ explanation: Explanation) -> String {
        let id = [cause.id, explanation.shape].compactMap(\.self).joined(separator: ", ")
        let head = Output.table(
            rows: [["cause:", "\(id) (\(cause.category))"], ["line:", TerminalText.escaped(cause.line)]])
        let blocks: [(String, [String])] = [
            ("Reason", [explanation.reason]), ("At", explanation.at.map { [$0] } ?? []), ("Path", explanation.path),
            ("Suggestion", [explanation.suggestion]), ("Facts", explanation.facts),
        ]
        return ([head] + blocks.filter { !$0.1.isEmpty }.map(block)).joined(separator: "\n\n")
    }

    private static func block(_ title: String, _ lines: [String]) -> String {
        (["\(title):"] + lines.map { "  \(TerminalText.escaped($0))" }).joined(separator: "\n")
    }
}
