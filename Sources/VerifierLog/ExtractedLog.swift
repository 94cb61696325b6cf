/// A verifier's log in what a loader wrote, and what the loader wrote around it.
///
/// Of several logs the last one is taken.
struct ExtractedLog {
    private(set) var log: [Line]
    private(set) var rest: [Line]
    /// Whether markers show that the text contains a log.
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
        } else if let first = plain[range].firstIndex(where: { $0 != nil }) {
            range = first..<range.upperBound
        }
        isWrapped = decorated != nil || range != texts.indices
        // The totals end a verifier log; veristat's table follows them.
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
