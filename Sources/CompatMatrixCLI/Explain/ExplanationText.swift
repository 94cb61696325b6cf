import MatrixModel
import Reports

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
