import Synchronization

/// A regular expression of the catalogue.
///
/// Most lines contain none of the pattern's `literals`, and are rejected without running the expression. It is compiled
/// on first use: a run uses few of hundreds, and each takes time and memory.
final class LinePattern: Sendable {
    /// The verifier truncates messages at 1024 bytes; loaders put a prefix of their own before them.
    ///
    /// Source: Linux, include/linux/bpf_verifier.h, `BPF_VERIFIER_TMP_LOG_SIZE`.
    private static let longest = 2048

    private let text: String
    /// Every matching line contains one of these; empty if no such text is known.
    let literals: [[UInt8]]
    /// Locked because `Regex` is not `Sendable`.
    private let compiled = Mutex<Regex<AnyRegexOutput>?>(nil)

    /// - Parameters:
    ///   - text: In the syntax of `Regex`.
    ///   - literals: Every matching line contains one of these; empty if no such text is known.
    init(_ text: String, literals: [String]) {
        self.text = text
        self.literals = literals.map { Array($0.utf8) }
    }

    /// - Throws: If the text is not a regular expression.
    func check() throws { _ = try compile() }

    /// By scalars: if a letter and its accent are one character, Swift 6.3 crashes while backtracking over a
    /// quantifier.
    private func compile() throws -> Regex<AnyRegexOutput> { try Regex(text).matchingSemantics(.unicodeScalar) }

    private func withRegex<Result>(_ body: (Regex<AnyRegexOutput>) -> sending Result) -> sending Result {
        compiled.withLock { compiled in
            if let regex = compiled { return body(regex) }
            do {
                let regex = try compile()
                compiled = regex
                return body(regex)
            } catch {
                preconditionFailure("the catalogue's pattern \(text) is broken: \(error)")
            }
        }
    }

    /// Does not search for the literals first, because `LiteralIndex` does that for all patterns together.
    func matches(_ line: Substring) -> Bool {
        // The time of some expressions grows faster than the length of the line.
        let start = line.utf8.count > Self.longest ? Line(line, cutAt: Self.longest).text : line
        return withRegex { start.firstMatch(of: $0) != nil }
    }

    /// The text of the named group in `line`; `nil` if the group or the expression does not match.
    func capture(_ group: String, in line: String) -> String? {
        withRegex { regex in
            line.firstMatch(of: regex).flatMap { match in
                match.output.first { $0.name == group }?.substring.map(String.init)
            }
        }
    }
}
