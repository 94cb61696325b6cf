/// Sequences that color a terminal or set its title, as bytes or in the textual form that an editor or a logger gave
/// them.
///
/// Source: ECMA-48, 5.4 (CSI) and 8.3.89 (OSC); xterm's `ctlseqs` for the BEL that ends an OSC.
enum TerminalSequences {
    /// The line without such sequences; `nil` if it contains none.
    static func removed(from line: Substring) -> Substring? {
        guard mayHoldSome(line.utf8.span) else { return nil }
        let bytes = Array(line.utf8)
        var text: [UInt8] = []
        text.reserveCapacity(bytes.count)
        var index = 0
        while index < bytes.count {
            if let end = end(ofSequenceAt: index, in: bytes, after: &text) {
                index = end
            } else {
                text.append(bytes[index])
                index += 1
            }
        }
        return text.count == bytes.count ? nil : Substring(String(decoding: text, as: UTF8.self))
    }

    private static let escape: UInt8 = 0x1B
    /// Representations of the byte ESC where it was made printable, or lost (U+FFFD, or nothing).
    private static let printed: [[UInt8]] = [
        "\\x1b", "\\x1B", "\\u001b", "\\u001B", "\\u{1b}", "\\033", "\\e", "<ESC>", "ESC", "^[", "\u{241B}", "\u{FFFD}",
    ].map { Array($0.utf8) }
    /// Of a sequence that is printed: one that does not end here is none.
    private static let longest = 256

    private static func mayHoldSome(_ line: Span<UInt8>) -> Bool {
        for index in line.indices {
            switch line[index] {
            case escape, 0x9B: return true
            case UInt8(ascii: "["):
                if index + 1 < line.count, isParameter(line[index + 1]) || isLetter(line[index + 1]) { return true }
            case UInt8(ascii: "]"):
                if index > 0, index + 1 < line.count, isParameter(line[index + 1]) { return true }
            default: continue
            }
        }
        return false
    }

    /// Removes the representation of ESC from the end of `text` if a sequence follows.
    private static func end(ofSequenceAt index: Int, in bytes: [UInt8], after text: inout [UInt8]) -> Int? {
        switch bytes[index] {
        case escape: return end(ofEscapeAt: index, in: bytes)
        case 0xC2 where index + 1 < bytes.count && bytes[index + 1] == 0x9B:
            return end(ofParametersAt: index + 2, in: bytes) ?? index + 2
        case UInt8(ascii: "["):
            guard let end = end(ofParametersAt: index + 1, in: bytes) else { return nil }
            if let form = printed.first(where: { text.hasSuffix($0) }) {
                text.removeLast(form.count)
                return end
            }
            // GitHub and some editors drop the byte and keep the rest: `[0m`, `[1;31m`, `[0K`.
            return end > index + 2 && [UInt8(ascii: "m"), UInt8(ascii: "K")].contains(bytes[end - 1]) ? end : nil
        case UInt8(ascii: "]"):
            guard let form = printed.first(where: { text.hasSuffix($0) }),
                let end = end(ofStringAt: index + 1, in: bytes.prefix(index + longest))
            else { return nil }
            text.removeLast(form.count)
            return end
        default: return nil
        }
    }

    private static func end(ofEscapeAt index: Int, in bytes: [UInt8]) -> Int {
        guard index + 1 < bytes.count else { return index + 1 }
        switch bytes[index + 1] {
        case UInt8(ascii: "["): return end(ofParametersAt: index + 2, in: bytes) ?? index + 2
        case UInt8(ascii: "]"), UInt8(ascii: "P"), UInt8(ascii: "X"), UInt8(ascii: "^"), UInt8(ascii: "_"):
            return end(ofStringAt: index + 2, in: bytes[...]) ?? bytes.count
        case UInt8(ascii: "("), UInt8(ascii: ")"), UInt8(ascii: "#"), UInt8(ascii: "%"):
            return min(index + 3, bytes.count)
        case 0x20..<0x7F: return index + 2
        default: return index + 1
        }
    }

    /// The position after the letter that ends a control sequence; `nil` if there is none.
    private static func end(ofParametersAt start: Int, in bytes: [UInt8]) -> Int? {
        var index = start
        while index < bytes.count, index - start < 32, isParameter(bytes[index]) { index += 1 }
        return index < bytes.count && isLetter(bytes[index]) ? index + 1 : nil
    }

    /// Behind the BEL or `ESC \` that ends a string, as bytes or printed.
    private static func end(ofStringAt start: Int, in bytes: ArraySlice<UInt8>) -> Int? {
        for index in start..<max(bytes.endIndex, start) {
            if bytes[index] == 0x07 { return index + 1 }
            if bytes[index] == escape { return min(index + 2, bytes.endIndex) }
            guard bytes[index] == UInt8(ascii: "\\") || bytes[index] == UInt8(ascii: "^") else { continue }
            for end in ["\\a", "\\x07", "\\u0007", "\\007", "^G", "^[\\"] where bytes[index...].starts(with: end.utf8) {
                return index + end.utf8.count
            }
        }
        return nil
    }

    private static func isParameter(_ byte: UInt8) -> Bool {
        0x30..<0x40 ~= byte
    }

    private static func isLetter(_ byte: UInt8) -> Bool {
        UInt8(ascii: "A")...UInt8(ascii: "Z") ~= byte || UInt8(ascii: "a")...UInt8(ascii: "z") ~= byte
    }
}

extension [UInt8] {
    fileprivate func hasSuffix(_ end: [UInt8]) -> Bool {
        count >= end.count && self[(count - end.count)...].elementsEqual(end)
    }
}
