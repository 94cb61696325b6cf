/// Text that a terminal displays and never interprets.
package enum TerminalText {
    /// Writes control characters and those that change the text direction as `\u{1b}`; a tab or line break becomes a
    /// space.
    package static func escaped(_ text: String) -> String {
        var result = ""
        for scalar in text.unicodeScalars {
            switch scalar.value {
            case 0x09, 0x0A, 0x0D: result.unicodeScalars.append(" ")
            case 0x00...0x1F, 0x7F...0x9F, 0x200B...0x200F, 0x2028...0x202E, 0x2060...0x2069, 0xFEFF:
                result += "\\u{\(String(scalar.value, radix: 16))}"
            default: result.unicodeScalars.append(scalar)
            }
        }
        return result
    }

    /// The same for lines of any length, with line feeds and tabs unchanged; invalid UTF-8 becomes U+FFFD.
    package static func escaped(lines bytes: [UInt8]) -> [UInt8] {
        guard var end = bytes.firstIndex(where: { !isPlain($0) }) else { return bytes }
        var result: [UInt8] = []
        result.reserveCapacity(bytes.count + bytes.count / 8)
        var start = 0
        while true {
            result += bytes[start..<end]
            guard end < bytes.endIndex else { return result }
            // A character ends at the next plain ASCII byte at the latest.
            start = bytes[end...].firstIndex(where: isPlain) ?? bytes.endIndex
            result += escaped(String(decoding: bytes[end..<start], as: UTF8.self)).utf8
            end = bytes[start...].firstIndex { !isPlain($0) } ?? bytes.endIndex
        }
    }

    private static func isPlain(_ byte: UInt8) -> Bool {
        (0x20..<0x7F).contains(byte) || byte == 0x0A || byte == 0x09
    }

    /// Truncated to `width` columns, the last of which is an ellipsis if something is missing.
    package static func shortened(_ text: String, to width: Int) -> String {
        text.count <= width ? text : "\(text.prefix(max(width - 1, 0)))…"
    }

    static func padded(_ text: String, to width: Int) -> String {
        text + String(repeating: " ", count: max(width - text.count, 0))
    }
}
