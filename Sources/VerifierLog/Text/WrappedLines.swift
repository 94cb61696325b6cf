/// Lines that a terminal broke at its width, joined again.
///
/// Many lines are then exactly as long as the longest, and go on in a line that nothing begins.
struct WrappedLines {
    struct Piece {
        var text: Substring
        var origin: Line.Origin

        /// The pieces from this one to `last`, which are `text` once they are joined.
        fileprivate func joined(to last: Piece, as text: String) -> Piece {
            Piece(
                text: Substring(text),
                origin: Line.Origin(
                    line: origin.line, bytes: origin.bytes.lowerBound..<last.origin.bytes.upperBound))
        }
    }

    private static let widths = 60...300
    /// In bytes: no message is longer, and a dump of equal lines is nothing to join.
    private static let longest = 8 << 10

    static func joined(_ lines: [Piece]) -> [Piece] { joinedByWidth(joinedSummaries(lines)) }

    /// Summaries by cilium/ebpf, which end with `(12 line(s) omitted)`, and which people wrap anywhere.
    private static func joinedSummaries(_ lines: [Piece]) -> [Piece] {
        let ends = lines.indices.filter { lines[$0].text.utf8.span.contains(endOfSummary, from: 0) }
        guard !ends.isEmpty else { return lines }
        var joined: [Piece] = []
        var next = 0
        for end in ends where end >= next {
            guard !lines[end].text.utf8.span.contains(summary, from: 0),
                let start = lines[next..<end].suffix(linesOfSummary).lastIndex(where: {
                    $0.text.utf8.span.contains(summary, from: 0)
                }), lines[start...end].dropFirst().allSatisfy({ isContinuation($0.text) })
            else { continue }
            let text = lines[start...end].map(\.text.trimmed).joined(separator: " ")
            guard text.utf8.count < longest else { continue }
            joined += lines[next..<start]
            joined.append(lines[start].joined(to: lines[end], as: text))
            next = end + 1
        }
        return joined + lines[next...]
    }

    private static let summary: StaticString = "load program: "
    private static let endOfSummary: StaticString = " line(s) omitted)"
    /// More lines than this are not one wrapped line.
    private static let linesOfSummary = 4

    private static func joinedByWidth(_ lines: [Piece]) -> [Piece] {
        guard let width = width(of: lines) else { return lines }
        var joined: [Piece] = []
        var wasFull = false
        for line in lines {
            let isFull = line.text.utf8.count == width
            if wasFull, let last = joined.last, last.text.utf8.count < longest,
                isContinuation(line.text) || isOpen(last.text)
            {
                joined[joined.count - 1] = last.joined(to: line, as: String(last.text + line.text))
            } else {
                joined.append(line)
            }
            wasFull = isFull
        }
        return joined
    }

    /// `nil` unless most lines of the greatest length, and at least two different ones, go on in the next line.
    private static func width(of lines: [Piece]) -> Int? {
        guard let width = lines.lazy.map(\.text.utf8.count).max(), widths ~= width else { return nil }
        var full = 0
        var broken = 0
        var different: Set<Substring> = []
        for (line, next) in zip(lines, lines.dropFirst()) where line.text.utf8.count == width {
            full += 1
            guard isContinuation(next.text) else { continue }
            broken += 1
            if different.count < 2 { different.insert(line.text) }
        }
        return different.count == 2 && broken * 2 >= full ? width : nil
    }

    /// Whether a bracket that the line opens is closed in the next: `var_off=(0x0; 0xff)` was broken at its blank.
    private static func isOpen(_ text: Substring) -> Bool {
        var depth = 0
        for byte in text.utf8 {
            if byte == UInt8(ascii: "(") { depth += 1 }
            if byte == UInt8(ascii: ")") { depth -= 1 }
        }
        return depth > 0
    }

    /// `libxdp: `, `Error: `, `hit[712]: `: messages of two programs can be equally long.
    private static func beginsWithName(_ text: Substring) -> Bool {
        let word = text.utf8.prefix { $0 > 0x20 }
        guard let first = word.first, 0x61..<0x7B ~= first | 0x20, word.last == UInt8(ascii: ":") else { return false }
        return word.count > 3 && word.endIndex < text.endIndex
            && word.dropLast().allSatisfy { byte in
                0x61..<0x7B ~= byte | 0x20 || 0x30..<0x3A ~= byte || "-_.[]/".utf8.contains(byte)
            }
    }

    private static func isContinuation(_ text: Substring) -> Bool {
        // Quoted lines and JSON records always start a new line, regardless of their content.
        guard let first = text.utf8.first, first != UInt8(ascii: ">"), first != UInt8(ascii: "{") else { return false }
        // Reports of 7.3 are broken by the kernel, and indented.
        if text.utf8.starts(with: "  ".utf8) { return false }
        if beginsWithName(text) { return false }
        return LineKind(of: text.utf8.span) == .message && LinePrefix.length(in: text) == 0
    }
}
