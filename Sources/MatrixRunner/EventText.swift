/// An event in readable form: programs send structs, of which only parts are text.
enum EventText {
    static let longest = 256

    /// The bytes, with unprintable ones written as `\x00`; `nil` if there are none.
    ///
    /// Zeros that fill a field up to the event's end are omitted. At most `longest` characters, the last of which is an
    /// ellipsis if something is missing.
    static func text(of bytes: [UInt8]) -> String? {
        guard !bytes.isEmpty else { return nil }
        let end = bytes.lastIndex { $0 != 0 }.map { $0 + 1 } ?? 0
        // Each character comes from at most a few bytes; bytes beyond that cannot be shown anyway.
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

    /// The length according to the lead byte of UTF-8; 1 for an invalid one.
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
    /// Whether it is a single glyph that does not affect its neighbors.
    fileprivate var isPrintable: Bool {
        switch properties.generalCategory {
        case .control, .format, .surrogate, .privateUse, .unassigned, .lineSeparator, .paragraphSeparator,
            .nonspacingMark, .enclosingMark, .spacingMark:
            false
        default: true
        }
    }
}
