import MatrixModel

/// How a verdict is displayed: a symbol, a word, and a color that is never the only difference.
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

    /// A parameter of SGR (ECMA-48 8.3.117).
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
