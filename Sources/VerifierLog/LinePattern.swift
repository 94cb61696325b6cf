import Synchronization

/// A regular expression of the catalogue.
///
/// Most lines hold none of the pattern's `literals`, and are turned down without the expression, which the standard library
/// compiles when it is first asked.
final class LinePattern: Sendable {
    private let literals: [[UInt8]]
    /// Locked because `Regex` is not `Sendable`.
    private let compiled: Mutex<Regex<AnyRegexOutput>>

    /// - Parameters:
    ///   - text: In the syntax of `Regex`.
    ///   - literals: One of these is in every line that matches; empty when no such text is known.
    /// - Throws: When `text` is not a regular expression.
    init(_ text: String, literals: [String]) throws {
        compiled = Mutex(try Regex(text))
        self.literals = literals.map { Array($0.utf8) }
    }

    /// `bytes` are those of `line`, made once for all patterns.
    func matches(_ line: Substring, bytes: [UInt8]) -> Bool {
        guard literals.isEmpty || literals.contains(where: { bytes.contains(run: $0) }) else { return false }
        return compiled.withLock { line.firstMatch(of: $0) != nil }
    }

    /// What the named group holds in `line`; `nil` where the group, or the expression, does not match.
    func capture(_ group: String, in line: String) -> String? {
        compiled.withLock { regex in
            line.firstMatch(of: regex).flatMap { match in
                match.output.first { $0.name == group }?.substring.map(String.init)
            }
        }
    }
}

extension [UInt8] {
    func contains(run: [UInt8]) -> Bool {
        guard let first = run.first else { return true }
        guard count >= run.count else { return false }
        for start in 0...(count - run.count) where self[start] == first {
            if (1..<run.count).allSatisfy({ self[start + $0] == run[$0] }) { return true }
        }
        return false
    }
}
