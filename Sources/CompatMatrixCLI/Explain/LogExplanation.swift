import MatrixModel
import Reports
import VerifierLog

/// What `explain` says of a log; its JSON is that of `--json`.
struct LogExplanation: Encodable {
    struct Size: Encodable {
        var bytes: Int
        var lines: Int
    }

    /// `null` where nothing was refused.
    @Nullable var cause: Cause?
    @Nullable var stats: ProgramStatistics?
    var log: Size

    init(of log: LogSummary, catalogue: Catalogue = .bundled) {
        cause = catalogue.cause(ofText: log)
        stats = log.statistics
        self.log = Size(bytes: log.byteCount, lines: log.lineCount)
    }

    /// One `name: value` per line, and only what there is; the log came from `name`.
    func text(name: String) -> String {
        let refusal = [
            ("cause", cause?.id), ("category", cause?.category), ("line", cause?.line), ("source", cause?.source),
            ("advice", cause?.advice), ("since", cause?.since),
        ]
        let rows = (refusal + numbers).compactMap { name, value in value.map { ["\(name):", TerminalText.escaped($0)] }
        }
        let heading = cause == nil ? "No message of a refusal in \(TerminalText.escaped(name)).\n" : ""
        return heading + Output.table(rows: rows)
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
            ("log", "\(log.lines) lines, \(log.bytes) bytes"),
        ]
    }
}
