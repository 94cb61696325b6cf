import Synchronization

/// A regular expression of the catalogue.
///
/// Most lines hold none of the pattern's `literals`, and are turned down without the expression. It is compiled when it is
/// first asked: a run asks few of hundreds, and each takes time and memory.
final class LinePattern: Sendable {
    /// The verifier truncates messages at 1024 bytes; loaders put a prefix of their own before them.
    ///
    /// Source: Linux, include/linux/bpf_verifier.h, `BPF_VERIFIER_TMP_LOG_SIZE`.
    private static let longest = 2048

    private let text: String
    /// One of these is in every line that matches; empty when no such text is known.
    let literals: [[UInt8]]
    /// Locked because `Regex` is not `Sendable`.
    private let compiled = Mutex<Regex<AnyRegexOutput>?>(nil)

    /// - Parameters:
    ///   - text: In the syntax of `Regex`.
    ///   - literals: One of these is in every line that matches; empty when no such text is known.
    init(_ text: String, literals: [String]) {
        self.text = text
        self.literals = literals.map { Array($0.utf8) }
    }

    /// - Throws: When the text is not a regular expression.
    func check() throws { _ = try compile() }

    /// By scalars: where a letter and its accent are one character, Swift 6.3 ends the program while it goes back over what a
    /// quantifier has matched.
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

    /// Does not look for the literals first, as `LiteralIndex` does for all patterns at once.
    func matches(_ line: Substring) -> Bool {
        // Some expressions take time that grows faster than the line.
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
