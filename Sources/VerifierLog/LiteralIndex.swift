/// Finds the entries whose literals occur in a line, in one pass.
struct LiteralIndex: Sendable {
    private struct Literal: Sendable {
        var bytes: [UInt8]
        var entry: Int
    }

    /// By their first three bytes.
    private var literals: [UInt32: [Literal]] = [:]
    /// Whether any literal begins with three bytes of this hash; for most bytes of a line, this check is enough.
    private var isKnown = [Bool](repeating: false, count: 1 << 14)
    /// Entries without literals, or with one shorter than three bytes.
    private var always: [Int] = []

    init(_ patterns: some Sequence<LinePattern?>) {
        for (entry, pattern) in patterns.enumerated() {
            guard let pattern else { continue }
            guard !pattern.literals.isEmpty, pattern.literals.allSatisfy({ $0.count >= 3 }) else {
                always.append(entry)
                continue
            }
            for bytes in pattern.literals {
                let key = bytes.span.key(at: 0)
                literals[key, default: []].append(Literal(bytes: bytes, entry: entry))
                isKnown[Self.hash(key)] = true
            }
        }
    }

    /// The entries that `line` can match, in the catalogue's order.
    func candidates(in line: Span<UInt8>) -> [Int] {
        var found = always
        guard line.count >= 3 else { return found }
        for start in 0...(line.count - 3) {
            let key = line.key(at: start)
            guard isKnown[Self.hash(key)], let literals = literals[key] else { continue }
            for literal in literals where line.holds(literal.bytes.span, at: start) { found.append(literal.entry) }
        }
        guard found.count > 1 else { return found }
        found.sort()
        return found.enumerated().filter { $0.offset == 0 || found[$0.offset - 1] != $0.element }.map(\.element)
    }

    /// Fourteen bits, by Knuth's multiplicative method.
    private static func hash(_ key: UInt32) -> Int { Int((key &* 2_654_435_761) >> 18) }
}

extension Span<UInt8> {
    fileprivate func key(at start: Int) -> UInt32 {
        UInt32(self[start]) | UInt32(self[start + 1]) << 8 | UInt32(self[start + 2]) << 16
    }

    fileprivate func holds(_ bytes: Span<UInt8>, at start: Int) -> Bool {
        guard start + bytes.count <= count else { return false }
        for index in bytes.indices where self[start + index] != bytes[index] { return false }
        return true
    }
}
