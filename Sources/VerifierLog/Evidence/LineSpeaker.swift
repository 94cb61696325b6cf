/// Whether a line comes from a program, or from a person who describes what happened.
///
/// Posts contain both. A step that a sentence mentions, such as `attached to`, did not necessarily fail.
extension Line {
    /// A sentence, a list item or source code; never what a loader or the kernel prints.
    var isProse: Bool {
        guard finding == nil, kind == .message else { return false }
        let text = beginning.trimmed
        if text.isCode || text.isListItem && StatedError(in: self) == nil { return true }
        let words = text.split(separator: " ")
        guard words.count > 2, words.first?.last != ":", !text.isErrorChain else { return false }
        if words.count > 7, words.count(where: { Self.wordsOfSentences.contains($0.lowercased()) }) > 2 { return true }
        let isSentence = text.first?.isUppercase == true && text.last.map { ".:?".contains($0) } == true
        return isSentence && !text.contains(": ") && !namesFailure
    }

    /// Whether it is what libbpf writes of its progress in debug messages.
    ///
    /// Source: libbpf 0.8 to 1.6 `src/libbpf.c`, `pr_debug`.
    var reportsProgress: Bool {
        guard kind == .loader else { return false }
        let bytes = text.utf8.span
        return Self.progress.contains { bytes.contains($0, from: 0) }
    }

    private static let progress: [StaticString] = [
        ": resolved to ", ": not resolved, defaulting to ", ": found program '", "loaded kernel BTF from ",
        ": func ptr ", ": type_id:", "looking for externs among ", " externs total", "license of ", ": found map '",
        ": created successfully, fd=", ": at sec_idx ", "skipping optional step", ": found data map ",
        "skipping unrecognized data section", "skipping relo section",
    ]

    /// Whether strace shows a call that succeeded: `openat(AT_FDCWD, "/sys/kernel/tracing/kprobe_events", O_WRONLY) = 5`.
    var isSuccessfulCall: Bool {
        guard kind == .message, let equals = text.utf8.lastIndex(of: UInt8(ascii: "=")) else { return false }
        let result = text[equals...].dropFirst().trimmed
        guard !result.isEmpty, result.utf8.allSatisfy({ 0x30..<0x3A ~= $0 }) else { return false }
        let call = text[..<equals].trimmed
        return call.last == ")" && call.contains("(")
    }

    /// The quoted parts of a sentence, such as "it fails with `R0 !read_ok`", and a summary of a log in it.
    var quotations: [Line] {
        var found: [Line] = []
        for (open, close) in Self.marks {
            var rest = beginning
            while let start = rest.firstIndex(of: open) {
                rest = rest[rest.index(after: start)...]
                guard let end = rest.firstIndex(of: close) else { break }
                if rest.distance(from: rest.startIndex, to: end) >= Self.shortestQuotation {
                    found.append(Line(rest[..<end], origin: origin))
                }
                rest = rest[rest.index(after: end)...]
            }
        }
        if let summary = quotedSummary { found.append(summary) }
        return found
    }

    /// cilium/ebpf's summary of a log in a sentence: as in "it says load program: permission denied: R0 !read_ok (2 line(s)
    /// omitted) here".
    private var quotedSummary: Line? {
        guard let start = beginning.firstRange(of: "load program: ") else { return nil }
        // Without these words, it is the summary of an errno that names no reason: `bad address (hit verifier bug)`.
        let rest = beginning[start.lowerBound...]
        guard let end = rest.firstRange(of: " line(s) omitted")?.upperBound else { return nil }
        return Line(rest[..<end], origin: origin)
    }

    /// How informative a line is that the catalogue does not have; at least `telling` if it reports a failure.
    var weight: Int {
        let text = beginning.trimmed
        guard !isEmptyHeading, !Self.frames.contains(where: text.hasPrefix), !isCommand else { return 0 }
        var weight = 1
        if namesFailure { weight += 2 }
        if StatedError(in: self) != nil { weight += 2 }
        if kind == .loader || text.prefix(while: { $0 != " " }).last == ":" { weight += 1 }
        // The title of an issue is often the message itself, sometimes abbreviated.
        if text.hasPrefix("# "), text.split(separator: " ").count > 3 { weight += 1 }
        if isRoutine { weight -= 3 }
        if isProse { weight -= 3 }
        return weight
    }

    static let telling = 3

    /// `Error:` alone.
    private var isEmptyHeading: Bool { text.last == ":" && text.utf8.count <= 24 && !text.dropLast().contains(":") }

    /// What was typed: `$ sudo ./hit`, `root@node:~# ./hit`.
    private var isCommand: Bool {
        if text.hasPrefix("$ ") || text.hasPrefix("sudo ") { return true }
        guard let prompt = text.firstRange(of: "# ") ?? text.firstRange(of: "$ ") else { return false }
        return text[..<prompt.lowerBound].contains("@") && !text[..<prompt.lowerBound].contains(" ")
    }

    /// Whether it reports that something went wrong.
    var namesFailure: Bool {
        let text = text.utf8.prefix(2048).map { 0x41..<0x5B ~= $0 ? $0 | 0x20 : $0 }
        return Self.failures.contains { text.span.contains($0, from: 0) }
    }

    /// All that is looked at of a line: more says nothing more of who wrote it.
    private var beginning: Substring { Line(text, cutAt: 1024).text }

    private static let shortestQuotation = 8
    private static let marks: [(Character, Character)] = [("`", "`"), ("\"", "\"")]

    /// Most sentences have several of these, messages one or two.
    private static let wordsOfSentences: Set<String> = [
        "the", "a", "an", "is", "are", "was", "were", "i", "i'm", "my", "we", "our", "you", "your", "this", "that",
        "these", "it", "and", "but", "so", "when", "if", "can", "will", "would", "should", "have", "has", "had", "be",
        "been", "which", "there", "as",
    ]

    /// In lower case.
    private static let failures: [StaticString] = [
        "fail", "error", "cannot", "can't", "could not", "couldn't", "can not", "unable", "denied", "invalid",
        "not support", "unsupported", "not found", "no such", "reject", "missing", "lockdown", "unknown",
        "not allowed", "not permitted", "exceed", "refus", "too large", "too long", "too many", "too big", "too small",
        "too complex",
        "illegal",
        "unexpected", "mismatch", "blocked", "no space", "out of memory", "busy", "abort", "impossible", "expected",
        "must be", "not valid", "out of range", "out of bounds", "does not", "doesn't",
    ]

    /// Of a stack trace.
    private static let frames = ["File \"", "at ", "goroutine ", "Traceback ", "raise ", "Stack backtrace"]
}

extension String {
    /// `- the log is cut`, `2. Run it`; iproute2 lists names with values.
    fileprivate var isListItem: Bool {
        let mark = prefix { $0 != " " }
        guard mark.count < count, !contains(":") else { return false }
        return mark == "-" || mark == "*" || mark.last == "." && Int(mark.dropLast()) != nil
    }

    /// `loading objects: program hit: load program: bad address (...)`: Go programs put what they did before each error.
    fileprivate var isErrorChain: Bool {
        first?.isLowercase == true && split(separator: ": ", omittingEmptySubsequences: false).count > 3
    }

    /// Whether it is a line of C, Go, Python or Rust.
    fileprivate var isCode: Bool {
        if ["//", "/*", "#include", "#define", "#[", "import ", "package "].contains(where: hasPrefix) { return true }
        if hasSuffix(";") || hasSuffix("{") { return !contains(": ") }
        return false
    }
}
