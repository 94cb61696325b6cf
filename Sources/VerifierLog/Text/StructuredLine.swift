/// The messages in a line that a logger or a programming language encoded: JSON, logfmt, a quoted string.
///
/// Source: RFC 8259; logrus' and slog's text formats, which quote as Go's `%q` does; Rust's `Debug` of a string.
struct StructuredLine {
    /// The texts in the line, in order and decoded; `nil` for a line that encodes nothing.
    ///
    /// A decoded text can contain line feeds, and can itself be encoded.
    static func texts(in line: Substring) -> [String]? {
        let bytes = Array(line.utf8)
        return json(bytes) ?? logfmt(bytes) ?? escaped(bytes)
    }

    /// Whether it is worth decoding `line`.
    static func mayEncode(_ line: Span<UInt8>) -> Bool {
        for index in line.indices {
            switch line[index] {
            case UInt8(ascii: "{") where line.hasPrefix("\"", at: index + 1) || line.hasPrefix(" \"", at: index + 1):
                return true
            case UInt8(ascii: "=") where line.hasPrefix("\"", at: index + 1): return true
            case UInt8(ascii: "\\") where line.hasPrefix("n", at: index + 1): return true
            default: continue
            }
        }
        return false
    }

    /// Their values say when, where and by whom, not what.
    private static let ignored: Set<String> = [
        "time", "ts", "timestamp", "@timestamp", "level", "lvl", "severity", "caller", "source", "file", "func",
        "function",
        "logger", "stream", "stacktrace", "hostname", "host", "pod", "container", "namespace", "subsys", "target",
    ]

    // MARK: JSON

    /// The values of an object that begins in the line, with what stands before it.
    private static func json(_ bytes: [UInt8]) -> [String]? {
        guard let start = bytes.indices.first(where: { isObject(at: $0, in: bytes) }) else { return nil }
        var values: [String] = []
        var key: String?
        var hasKey = false
        var index = start + 1
        while index < bytes.count {
            guard bytes[index] == UInt8(ascii: "\"") else {
                index += 1
                continue
            }
            let end = endOfString(at: index, in: bytes)
            let text = unescaped(bytes[(index + 1)..<end])
            index = min(end + 1, bytes.count)
            if bytes[index...].first(where: { $0 != 0x20 }) == UInt8(ascii: ":") {
                key = text
                hasKey = true
            } else if isMessage(text, key: key) {
                values.append(text)
            }
        }
        guard hasKey else { return nil }
        let before = String(decoding: bytes[..<start], as: UTF8.self)
        return (before.allSatisfy(\.isWhitespace) ? [] : [before]) + values
    }

    private static func isObject(at index: Int, in bytes: [UInt8]) -> Bool {
        guard bytes[index] == UInt8(ascii: "{") else { return false }
        let next = bytes[(index + 1)...]
        return next.starts(with: "\"".utf8) || next.starts(with: " \"".utf8)
    }

    // MARK: logfmt

    /// The values of `level=error msg="…" error="…"`, with what is no pair before them.
    private static func logfmt(_ bytes: [UInt8]) -> [String]? {
        var values: [String] = []
        var loose: [UInt8] = []
        var pairs = 0
        var index = 0
        while index < bytes.count {
            guard let equals = endOfKey(at: index, in: bytes) else {
                let end = bytes[index...].firstIndex(of: 0x20).map { $0 + 1 } ?? bytes.count
                loose += bytes[index..<end]
                index = end
                continue
            }
            pairs += 1
            let key = String(decoding: bytes[index..<equals], as: UTF8.self)
            let isQuoted = equals + 1 < bytes.count && bytes[equals + 1] == UInt8(ascii: "\"")
            let end = isQuoted ? endOfString(at: equals + 1, in: bytes) : endOfWord(at: equals + 1, in: bytes)
            let text = unescaped(bytes[min(isQuoted ? equals + 2 : equals + 1, end)..<end])
            if isMessage(text, key: key) { values.append(text) }
            index = min(isQuoted ? end + 1 : end, bytes.count)
            while index < bytes.count, bytes[index] == 0x20 { index += 1 }
        }
        guard pairs >= 2, !values.isEmpty else { return nil }
        let before = String(decoding: loose, as: UTF8.self)
        return (before.allSatisfy(\.isWhitespace) ? [] : [before]) + values
    }

    /// The `=` behind a key of letters; `nil` when none begins at `start`.
    private static func endOfKey(at start: Int, in bytes: [UInt8]) -> Int? {
        let key = bytes[start...].prefix(48).prefix {
            UInt8(ascii: "a")...UInt8(ascii: "z") ~= $0 | 0x20 || $0 == UInt8(ascii: "_") || $0 == UInt8(ascii: "@")
        }
        return !key.isEmpty && key.endIndex < bytes.count && bytes[key.endIndex] == UInt8(ascii: "=")
            ? key.endIndex : nil
    }

    private static func endOfWord(at start: Int, in bytes: [UInt8]) -> Int {
        bytes[min(start, bytes.count)...].firstIndex(of: 0x20) ?? bytes.count
    }

    // MARK: Quoted strings

    /// A line with `\n` in it: what stands before the quote, in the quotes, and behind them.
    private static func escaped(_ bytes: [UInt8]) -> [String]? {
        guard let feed = bytes.firstRange(of: "\\n".utf8) else { return nil }
        let quote = bytes[..<feed.lowerBound].lastIndex(of: UInt8(ascii: "\""))
        guard let quote else { return [unescaped(bytes[...])] }
        let end = endOfString(at: quote, in: bytes)
        return [
            String(decoding: bytes[..<quote], as: UTF8.self), unescaped(bytes[(quote + 1)..<max(end, quote + 1)]),
            end < bytes.count ? String(decoding: bytes[(end + 1)...], as: UTF8.self) : "",
        ].filter { text in text.contains { !$0.isWhitespace } }
    }

    private static func isMessage(_ text: String, key: String?) -> Bool {
        guard let key else { return text.contains(" ") }
        return !ignored.contains(key.lowercased()) && text.contains { $0 == " " || $0.isNewline }
    }

    /// The quote that ends the string whose first quote is at `start`, or the end of a line that was cut.
    private static func endOfString(at start: Int, in bytes: [UInt8]) -> Int {
        var index = start + 1
        while index < bytes.count, bytes[index] != UInt8(ascii: "\"") {
            index += bytes[index] == UInt8(ascii: "\\") ? 2 : 1
        }
        return min(index, bytes.count)
    }

    private static func unescaped(_ bytes: ArraySlice<UInt8>) -> String {
        var text: [UInt8] = []
        text.reserveCapacity(bytes.count)
        var index = bytes.startIndex
        while index < bytes.endIndex {
            guard bytes[index] == UInt8(ascii: "\\"), index + 1 < bytes.endIndex else {
                text.append(bytes[index])
                index += 1
                continue
            }
            index += append(escapeAt: index, in: bytes, to: &text)
        }
        return String(decoding: text, as: UTF8.self)
    }

    /// Appends the decoded character and returns the length of its escape; an unknown escape is copied unchanged.
    private static func append(escapeAt index: Int, in bytes: ArraySlice<UInt8>, to text: inout [UInt8]) -> Int {
        switch bytes[index + 1] {
        case UInt8(ascii: "n"): text.append(0x0A)
        case UInt8(ascii: "t"): text.append(0x09)
        case UInt8(ascii: "r"): break
        case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"), UInt8(ascii: "'"): text.append(bytes[index + 1])
        case UInt8(ascii: "u"), UInt8(ascii: "x"):
            let length = bytes[index + 1] == UInt8(ascii: "u") ? 4 : 2
            let digits = String(decoding: bytes[(index + 2)...].prefix(length), as: UTF8.self)
            guard digits.utf8.count == length, let value = UInt32(digits, radix: 16), let scalar = Unicode.Scalar(value)
            else {
                text.append(bytes[index])
                return 1
            }
            text += Array(Character(scalar).utf8)
            return 2 + length
        default:
            text.append(bytes[index])
            return 1
        }
        return 2
    }
}
