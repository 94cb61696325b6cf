import MatrixModel
import Reports
import VerifierLog

/// The explanation of a text; encodes as the JSON of `--format json`.
struct LogExplanation: Encodable {
    struct Size: Encodable {
        var bytes: Int
        var lines: Int
        /// `null` for a log that may be complete.
        @Nullable var cut: LogCut?
    }

    /// The position of the deciding line in the text, as UTF-8.
    struct Place: Codable, Hashable {
        /// From 1.
        var line: Int
        /// In bytes from the beginning of the text.
        var start: Int
        var end: Int
    }

    /// Another log of the same text.
    struct Earlier: Encodable {
        var cause: Cause
        var explanation: Explanation
        @Nullable var span: Place?
        @Nullable var stats: ProgramStatistics?
    }

    /// `null` if nothing was rejected.
    @Nullable var cause: Cause?
    @Nullable var explanation: Explanation?
    @Nullable var span: Place?
    /// The loader that wrote the text; `null` if the text does not show it.
    @Nullable var loader: SpeakingLoader?
    /// The fix as a few lines of code; `null` if it is not one of the common ones.
    @Nullable var sketch: FixSketch?
    @Nullable var stats: ProgramStatistics?
    var log: Size
    /// The last one first.
    var earlier: [Earlier]

    init(of log: LogSummary, catalogue: Catalogue = .bundled) {
        let diagnosis = catalogue.diagnosis(of: log)
        cause = diagnosis?.cause.ofAnyKernel
        explanation = diagnosis?.explanation
        span = diagnosis?.origin.map(Place.init)
        loader = diagnosis?.loader
        sketch = diagnosis?.sketch
        stats = log.statistics
        self.log = Size(bytes: log.byteCount, lines: log.lineCount, cut: log.isAbridged ? .abridged : nil)
        var seen = Set([diagnosis?.cause].compactMap(\.self))
        earlier = log.earlier.compactMap { (other: LogSummary) -> Earlier? in
            guard let diagnosis = catalogue.diagnosis(of: other), seen.insert(diagnosis.cause).inserted else {
                return nil
            }
            return Earlier(
                cause: diagnosis.cause.ofAnyKernel, explanation: diagnosis.explanation,
                span: diagnosis.origin.map(Place.init), stats: other.statistics)
        }
    }

    /// The answer, the reason and the fix, followed by the available numbers; `name` is the source of the log.
    func text(name: String) -> String {
        let rows = numbers.compactMap { name, value in value.map { ["\(name):", TerminalText.escaped($0)] } }
        let table = Output.table(rows: rows)
        guard let cause, let explanation else {
            return "No rejection found in \(TerminalText.escaped(name)).\n" + table
        }
        let others = earlier.map { "Earlier log:\n\n" + ExplanationText.render($0.cause, $0.explanation) }
        return ([ExplanationText.render(cause, explanation, sketch), table] + others).joined(separator: "\n\n")
    }

    private var numbers: [(String, String?)] {
        [
            (
                "instructions",
                stats?.instructions.map { "\($0) processed" + (stats?.limit.map { " of at most \($0)" } ?? "") }
            ),
            ("states", stats?.totalStates.map { "\($0)" + (stats?.peakStates.map { ", peak \($0)" } ?? "") }),
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

extension LogExplanation.Place {
    init(_ origin: Line.Origin) {
        self.init(line: origin.line, start: origin.bytes.lowerBound, end: origin.bytes.upperBound)
    }
}

extension Cause {
    /// The same without a statement about the kernel at hand, which a text does not identify.
    fileprivate var ofAnyKernel: Cause {
        var cause = self
        cause.advice = advice.ofAnyKernel
        return cause
    }
}

extension Explanation {
    /// The first sentence of the reason, and the remainder.
    var answer: (sentence: String, rest: String?) {
        guard let end = reason.firstRange(of: ". ") else { return (reason, nil) }
        return (String(reason[..<end.lowerBound]) + ".", String(reason[end.upperBound...]))
    }
}

/// A cause and its explanation for a terminal.
enum ExplanationText {
    /// The answer and the cause in a few lines, then the reason, the fix, and the evidence; empty parts are omitted.
    static func render(_ cause: Cause, _ explanation: Explanation, _ sketch: FixSketch? = nil) -> String {
        let id = [cause.id, explanation.shape].compactMap(\.self).joined(separator: ", ")
        let answer = explanation.answer
        let head =
            TerminalText.escaped(answer.sentence) + "\n\n"
            + Output.table(
                rows: [["cause:", "\(id) (\(cause.category))"], ["line:", TerminalText.escaped(cause.line)]])
        let blocks: [(String, [String])] = [
            ("Reason", answer.rest.map { [$0] } ?? []), ("Suggestion", [explanation.suggestion]),
            ("Before", lines(of: sketch?.before)), ("After", lines(of: sketch?.after)),
            ("At", explanation.at.map { [$0] } ?? []), ("Path", explanation.path), ("Facts", explanation.facts),
        ]
        return ([head] + blocks.filter { !$0.1.isEmpty }.map(block)).joined(separator: "\n\n")
    }

    private static func lines(of code: String?) -> [String] {
        guard let code else { return [] }
        return code.split(separator: "\n").map { line in String(line).replacing("\t", with: "    ") }
    }

    private static func block(_ title: String, _ lines: [String]) -> String {
        (["\(title):"] + lines.map { "  \(TerminalText.escaped($0))" }).joined(separator: "\n")
    }
}
