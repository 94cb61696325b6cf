import MatrixModel

/// How a verdict looks everywhere: a symbol, a word, and a colour that is never needed to tell them apart.
extension Verdict {
    var symbol: String {
        switch self {
        case .pass: "✓"
        case .fail: "✗"
        case .crash: "!"
        case .timeout: "◷"
        case .notMeasured: "·"
        }
    }

    var word: String { self == .notMeasured ? "n/m" : rawValue }

    /// What SGR takes (ECMA-48 8.3.117).
    var terminalColour: String {
        switch self {
        case .pass: "32"
        case .fail: "31"
        case .crash: "35"
        case .timeout: "33"
        case .notMeasured: "2"
        }
    }
}
