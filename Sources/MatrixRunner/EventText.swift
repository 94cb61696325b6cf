/// An event as people read it: programs send structs, which are text in parts at best.
enum EventText {
    static let longest = 256

    /// The bytes with those that are no printable text written as `\x00`; `nil` for none.
    ///
    /// The zeros that fill a field up to the event's end are left out. At most `longest` characters, the last of them an
    /// ellipsis where something is missing.
    static func text(of bytes: [UInt8]) -> String? {
        guard !bytes.isEmpty else { return nil }
        let end = bytes.lastIndex { $0 != 0 }.map { $0 + 1 } ?? 0
        // No character of the text comes from more than some bytes; the rest could not show anyway.
        var text = ""
        var rest = bytes[..<min(end, longest * 4)]
        while let first = rest.first {
            let scalar = String(validating: rest.prefix(length(ofCharacterAt: first)), as: UTF8.self)?
                .unicodeScalars.first
            if let scalar, scalar.isPrintable {
                text.unicodeScalars.append(scalar)
                rest = rest.dropFirst(UTF8.width(scalar))
            } else {
                text += "\\x" + hex(first)
                rest = rest.dropFirst()
            }
        }
        return text.count <= longest && end <= longest * 4 ? text : text.prefix(longest - 1) + "…"
    }

    /// As the lead byte of UTF-8 says; 1 for what is none.
    private static func length(ofCharacterAt byte: UInt8) -> Int {
        switch byte {
        case 0xC2...0xDF: 2
        case 0xE0...0xEF: 3
        case 0xF0...0xF4: 4
        default: 1
        }
    }

    private static func hex(_ byte: UInt8) -> String {
        String(byte >> 4, radix: 16) + String(byte & 15, radix: 16)
    }
}

extension Unicode.Scalar {
    /// Whether it is one glyph that does nothing to those around it.
    fileprivate var isPrintable: Bool {
        switch properties.generalCategory {
        case .control, .format, .surrogate, .privateUse, .unassigned, .lineSeparator, .paragraphSeparator,
            .nonspacingMark, .enclosingMark, .spacingMark:
            false
        default: true
        }
    }
}
