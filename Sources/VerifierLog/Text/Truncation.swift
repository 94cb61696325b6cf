/// Marks that a tool, a loader or a person leaves where a part of a text is missing.
///
/// Source: cilium/ebpf `internal/errors.go`; bpftrace `src/bpfprogram.cpp`; Aya `VerifierLog`; klog and journald; the rest
/// is what people write when they cut.
enum Truncation {
    static func isMark(_ line: Line) -> Bool {
        let text = line.text
        guard text.utf8.count <= longest else { return marksEnd(of: line) }
        if ["...", "\u{2026}"].contains(text.trimmed) { return true }
        return [.message, .note, .loader, .types].contains(line.kind)
            && words.contains { text.utf8.span.contains($0, from: 0) }
    }

    /// Summaries are long, and end with the mark.
    private static func marksEnd(of line: Line) -> Bool {
        let end = Substring(line.text.utf8.suffix(longestMark))
        return [.message, .note, .loader].contains(line.kind) && words.contains { end.utf8.span.contains($0, from: 0) }
    }

    private static let longest = 200
    private static let longestMark = 48
    private static let words: [StaticString] = [
        "line(s) omitted)", "(truncated", "[truncated", "<truncated", "truncated>", "truncated]", "truncated...",
        "...truncated", "output truncated", "log truncated", "log was truncated", "Kernel log seems to be trimmed",
        "log_buf size may be insufficient", "[snip]", "<snip>", "(snip)", "--snip--", "-- snip --", "[...]", "(...)",
        "[\u{2026}]", "<...>", "lines skipped", "lines omitted", "more lines", "message truncated", "bytes truncated",
    ]
}
