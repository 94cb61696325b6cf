/// Text in any encoding that shells and editors save a log in, as UTF-8.
///
/// Windows PowerShell writes `>` redirections as UTF-16 with a byte order mark, other tools without one.
/// Text that is neither passes through unchanged.
package struct TextTranscoder: Sendable {
    private enum Encoding {
        case undecided, bytes
        case utf16(littleEndian: Bool)
    }

    private var encoding = Encoding.undecided
    /// Bytes that are too few to decide, or half a code unit.
    private var pending: [UInt8] = []
    private var highSurrogate: UInt32?

    package init() {}

    /// The text of `piece`, which may end anywhere.
    package mutating func feed(_ piece: [UInt8]) -> [UInt8] {
        switch encoding {
        case .bytes: return piece
        case .utf16(let littleEndian): return decode(piece, littleEndian: littleEndian)
        case .undecided:
            pending += piece
            return pending.count < Self.sample ? [] : decide()
        }
    }

    /// What was held back.
    package mutating func finish() -> [UInt8] {
        if case .undecided = encoding { return decide() + finish() }
        guard case .utf16 = encoding, !pending.isEmpty || highSurrogate != nil else { return [] }
        pending = []
        highSurrogate = nil
        return Self.replacement
    }

    private static let sample = 64
    private static let replacement = Array("\u{FFFD}".utf8)

    private mutating func decide() -> [UInt8] {
        let start = pending
        pending = []
        if start.starts(with: [0xEF, 0xBB, 0xBF]) {
            encoding = .bytes
            return Array(start.dropFirst(3))
        }
        if start.starts(with: [0xFF, 0xFE]) || start.starts(with: [0xFE, 0xFF]) {
            encoding = .utf16(littleEndian: start[0] == 0xFF)
            return feed(Array(start.dropFirst(2)))
        }
        encoding = Self.guess(start)
        return feed(start)
    }

    /// ASCII has a zero in every second byte of UTF-16, and verifier logs are ASCII almost throughout.
    private static func guess(_ start: [UInt8]) -> Encoding {
        let pairs = min(start.count, sample) / 2
        guard pairs >= 2 else { return .bytes }
        var zeros = [0, 0]
        for index in 0..<(pairs * 2) where start[index] == 0 { zeros[index % 2] += 1 }
        if zeros[0] == 0, zeros[1] * 5 >= pairs * 4 { return .utf16(littleEndian: true) }
        if zeros[1] == 0, zeros[0] * 5 >= pairs * 4 { return .utf16(littleEndian: false) }
        return .bytes
    }

    private mutating func decode(_ piece: [UInt8], littleEndian: Bool) -> [UInt8] {
        let bytes = pending + piece
        var text: [UInt8] = []
        text.reserveCapacity(bytes.count)
        var index = 0
        while index + 1 < bytes.count {
            let (first, second) = (UInt32(bytes[index]), UInt32(bytes[index + 1]))
            append(littleEndian ? first | second << 8 : first << 8 | second, to: &text)
            index += 2
        }
        pending = Array(bytes[index...])
        return text
    }

    private mutating func append(_ unit: UInt32, to text: inout [UInt8]) {
        if let high = highSurrogate {
            highSurrogate = nil
            if 0xDC00..<0xE000 ~= unit {
                Self.append(0x10000 + (high - 0xD800) << 10 + (unit - 0xDC00), to: &text)
                return
            }
            text += Self.replacement
        }
        if 0xD800..<0xDC00 ~= unit { highSurrogate = unit } else { Self.append(unit, to: &text) }
    }

    private static func append(_ value: UInt32, to text: inout [UInt8]) {
        guard value >= 0x80 else {
            text.append(UInt8(value))
            return
        }
        text += Unicode.Scalar(value).map { Array(Character($0).utf8) } ?? replacement
    }
}
