/// A verifier's log in what a loader wrote, and what the loader wrote around it.
///
/// Of several logs the last one is taken.
struct ExtractedLog {
    private(set) var log: [Line]
    private(set) var rest: [Line]
    /// Whether anything but the text itself says that there is a log in it.
    let isWrapped: Bool

    /// Takes off what loaders, journals and terminals put before and around a log.
    ///
    /// - libbpf, bpftool: `-- BEGIN PROG LOAD LOG --`, `-- END PROG LOAD LOG --`; up to libbpf 0.5 `DUMP LOG`, `END LOG`
    /// - veristat: `VERIFIER LOG:`; Aya: `Verifier output: `, with the first line of the log behind it
    /// - cilium/ebpf's `%+v`: a tab before each line; dmesg, journald, loggers: a time or a name
    /// - Rust's and Go's quoted strings: `\n` for a line feed
    init(from raw: [Line]) {
        let lines = raw.flatMap(\.unquoted)
        let decorated = Decoration(of: lines)
        let plain = lines.map { line in decorated?.taken(off: line) }
        let texts = zip(lines, plain).map { $1 ?? $0 }

        var range = texts.indices
        if let end = texts.lastIndex(where: { $0.contains(anyOf: Self.ends) }),
            texts[end...].lastIndex(where: { $0.contains(anyOf: Self.beginnings) }) == nil
        {
            range = range.lowerBound..<end
        }
        if let begin = texts[range].lastIndex(where: { $0.contains(anyOf: Self.beginnings) }) {
            range = (begin + 1)..<range.upperBound
        } else if let first = plain.firstIndex(where: { $0 != nil }) {
            range = max(first, range.lowerBound)..<range.upperBound
        }
        isWrapped = decorated != nil || range != texts.indices
        // The totals are a verifier's last words; veristat's table stands below them.
        if let total = texts[range].lastIndex(where: { $0.kind == .total && $0.text.trimmed.hasPrefix("processed ") }) {
            range = range.lowerBound..<(total + 1)
        }
        log = []
        rest = texts[..<range.lowerBound].map(\.self)
        for index in range {
            if decorated != nil && plain[index] == nil || texts[index].kind == .loader {
                rest.append(texts[index])
            } else {
                log.append(texts[index])
            }
        }
        if range.lowerBound > 0 {
            log.insert(contentsOf: Self.inline.compactMap(texts[range.lowerBound - 1].text(after:)).prefix(1), at: 0)
        }
        rest += texts[range.upperBound...]
    }

    /// Behind these the log begins in the same line.
    private static let inline: [StaticString] = ["Verifier output: ", "VerifierLog(\""]
    private static let beginnings: [StaticString] =
        ["-- BEGIN PROG LOAD LOG --", "-- BEGIN DUMP LOG ---", "VERIFIER LOG:"] + inline
    private static let ends: [StaticString] = ["-- END PROG LOAD LOG --", "-- END LOG --"]
}

/// What stands before each line of a log: `\t`, `[   12.345678] `, `Nov 22 10:00:00 host probe[7]: `.
struct Decoration {
    private let text: [UInt8]

    /// A prefix that the last line of a log in `lines` has, and the line before it too; `nil` where lines have none.
    init?(of lines: [Line]) {
        for index in lines.indices.reversed().prefix(Self.linesLookedAt) {
            guard let length = Self.length(in: lines[index]) else { continue }
            let found = Decoration(text: Array(lines[index].text.utf8.prefix(length)))
            let neighbours = [index - 1, index + 1].filter(lines.indices.contains)
            if neighbours.contains(where: { found.taken(off: lines[$0]) != nil }) {
                self = found
                return
            }
        }
        return nil
    }

    private init(text: [UInt8]) { self.text = text }

    /// The line without the decoration, `nil` when it does not have it; times and numbers may differ.
    func taken(off line: Line) -> Line? {
        let bytes = line.text.utf8.span
        guard bytes.count >= text.count else { return nil }
        for index in text.indices where bytes[index] != text[index] {
            guard Self.isDigitOrBlank(bytes[index]), Self.isDigitOrBlank(text[index]) else { return nil }
        }
        return Line(Substring(line.text.utf8.dropFirst(text.count)))
    }

    private static let linesLookedAt = 4096
    private static let longest = 200

    private static func isDigitOrBlank(_ byte: UInt8) -> Bool {
        byte == 0x20 || (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte)
    }

    /// Where in a line, that is none of a log as it stands, one of a log begins.
    private static func length(in line: Line) -> Int? {
        let bytes = line.text.utf8
        guard [.message, .types].contains(line.kind) else { return nil }
        var previous: UInt8 = 0
        for (offset, byte) in bytes.prefix(longest).enumerated() {
            defer { previous = byte }
            guard offset > 0, previous == 0x20 || previous == 0x09, byte != 0x20 else { continue }
            let rest = Line(Substring(bytes.dropFirst(offset)))
            switch rest.kind {
            case .instruction where rest.instruction != nil, .branch, .pruned, .precision: return offset
            case .total where rest.hasPrefix("processed ") && rest.text.utf8.dropFirst(10).first?.isDigit == true:
                return offset
            default: continue
            }
        }
        return nil
    }
}

extension Line {
    fileprivate func contains(anyOf markers: [StaticString]) -> Bool {
        // Nothing that a verifier writes is looked through.
        guard [.message, .loader, .note].contains(kind) else { return false }
        let bytes = text.utf8.span
        return markers.contains { bytes.contains($0, from: 0) }
    }

    /// What stands behind `marker`; `nil` when that is nothing, or there is no marker.
    fileprivate func text(after marker: StaticString) -> Line? {
        let bytes = text.utf8.span
        for index in 0..<bytes.count where bytes.hasPrefix(marker, at: index) {
            let rest = Line(Substring(text.utf8.dropFirst(index + marker.utf8CodeUnitCount)))
            return rest.kind == .blank ? nil : rest
        }
        return nil
    }

    /// The lines of a log that stands in one line, with `\n` for a line feed.
    fileprivate var unquoted: [Line] {
        guard kind == .message, text.utf8.span.contains("\\n", from: 0) else { return [self] }
        let parts = text.split(separator: "\\n", omittingEmptySubsequences: false).map { part in
            Line(part.utf8.starts(with: "\\t".utf8) ? "\t" + part.dropFirst(2) : part)
        }
        return parts.dropFirst().contains { $0.kind.isTrace || $0.kind == .total } ? parts : [self]
    }
}

extension UInt8 {
    var isDigit: Bool { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(self) }
}
