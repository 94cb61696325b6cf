import MatrixModel

/// The end of a log: the deciding message and its place in the program.
struct DecidingMessage {
    /// The report of Linux 7.3, below or above the message.
    struct Report {
        /// As in `Register Type Safety`, one of seven.
        var category: String
        var suggestion: String?
    }

    /// The messages that may have decided, the likeliest first.
    var candidates: [Line]
    /// As in `return n; @ probe.c:4`, from 6.12 with the place.
    var source: String?
    var report: Report?

    /// - Returns: `nil` when the log holds no message: it is empty, the program was accepted, or the end was cut off.
    ///
    /// Source: Linux 7.3 kernel/bpf/diagnostics.c for reports; in 4.4 to 7.2 the message is the last line but the totals.
    init?(in lines: [Line]) {
        if let title = lines.lastIndex(where: { $0.hasPrefix(Self.title) }) {
            self.init(report: title, in: lines)
            return
        }
        let start = Self.endOfChecks(in: lines)
        guard let last = lines[start...].lastIndex(where: { $0.kind == .message && !$0.isPunctuation }) else {
            if let argument = Self.refusedArgument(in: lines) {
                self.init(candidates: [argument], source: nil, report: nil)
                return
            }
            guard let jump = lines.lastIndex(where: { $0.messageAfterInstruction != nil }),
                let message = lines[jump].messageAfterInstruction
            else { return nil }
            self.init(candidates: [message], source: Self.source(above: jump, in: lines), report: nil)
            return
        }
        let block = Self.block(endingAt: last, in: lines[start...])
        self.init(
            candidates: block + Self.messages(above: last - block.count, in: lines[start...]),
            source: Self.source(above: last, in: lines), report: nil)
    }

    private static let title = KernelReport.title

    /// The end of the remarks that the kernel makes when it compares a program with its BTF, before the first
    /// instruction.
    ///
    /// They do not reject the program if the verifier continues; a global function that is validated is rejected.
    /// Source: Linux 5.6 to 6.18 kernel/bpf/btf.c, `btf_check_subprog_arg_match`, whose result `do_check_common`
    /// ignores for a main program.
    private static func endOfChecks(in lines: [Line]) -> Int {
        if let instruction = lines.firstIndex(where: { $0.kind == .instruction }) {
            let messages = lines[..<instruction].filter { $0.kind == .message && !$0.isPunctuation }
            let goesOn = !messages.isEmpty && messages.allSatisfy(\.isRemarkOnTypes)
            return goesOn ? instruction : lines.startIndex
        }
        guard let processed = LogStatistics.parse(lines)?.instructions, processed > 0,
            !lines.contains(where: { $0.hasPrefix("Validating ") })
        else { return lines.startIndex }
        return lines.lastIndex { $0.isRemarkOnTypes }.map { $0 + 1 } ?? lines.startIndex
    }

    /// `arg#0 reference type('UNKNOWN ') size cannot be determined: -22` at the end of the log of a validated function.
    ///
    /// For any other function, the verifier continues, and the line is a note.
    private static func refusedArgument(in lines: [Line]) -> Line? {
        let said = lines.filter { $0.kind != .blank && $0.kind != .total && !$0.hasPrefix("-- END PROG") }
        guard let last = said.last, last.hasPrefix("arg#"), last.kind == .note,
            said.last(where: { !$0.hasPrefix("arg#") })?.hasPrefix("Validating ") == true
        else { return nil }
        return last
    }

    /// The report rephrases the message, so the classic line above it counts, or else the one after it.
    private init(report title: Int, in lines: [Line]) {
        let above = lines[..<title].lastIndex { $0.kind != .blank }
        let classic = above.flatMap { lines[$0].kind == .message ? $0 : nil }
        let body = lines[title...]
        let suggestion = body.firstIndex { $0.hasPrefix("Suggestion:") }
        let after = body[(suggestion ?? title)...].dropFirst().filter { $0.kind == .message && !$0.isIndented }
        let category = lines[title].text.dropFirst(Self.title.count).prefix { $0 != ":" }
        self.init(
            candidates: (classic.map { Self.block(endingAt: $0, in: lines[...]) } ?? []) + after.suffix(1) + [
                lines[title]
            ],
            source: Self.markedSource(in: body[..<(suggestion ?? lines.endIndex)])
                ?? Self.source(above: title, in: lines),
            report: Report(
                category: String(category),
                suggestion: suggestion.flatMap { lines.dropFirst($0 + 1).first }
                    .flatMap { $0.kind == .blank ? nil : $0.text.trimmed }))
    }

    private init(candidates: [Line], source: String?, report: Report?) {
        self.candidates = candidates
        self.source = source
        self.report = report
    }

    /// A message of several lines, last line first: `R1 type=inv expected=fp` above `Caller passes invalid args into func#1`.
    private static func block(endingAt last: Int, in lines: ArraySlice<Line>) -> [Line] {
        lines[...last].suffix(longestBlock).reversed().prefix { $0.kind == .message && !$0.isPunctuation }.map(\.self)
    }

    /// The messages between the trace and the block above `last`, last line first.
    ///
    /// Other programs write to the same terminal.
    private static func messages(above last: Int, in lines: ArraySlice<Line>) -> [Line] {
        guard last >= lines.startIndex else { return [] }
        return lines[...last].suffix(longestBlock).reversed().prefix { !$0.kind.isTrace }.filter { $0.kind == .message }
    }

    /// A longer block is not a verifier's message, and each line is matched against the whole catalogue.
    private static let longestBlock = 64

    private static func source(above index: Int, in lines: [Line]) -> String? {
        lines[..<index].last { $0.kind == .source }.flatMap(\.shownSource)
    }

    /// `>>> 3 | return *p;` of the report, with the place from `  probe @ probe.c:3:94` where the report has it.
    private static func markedSource(in report: ArraySlice<Line>) -> String? {
        guard let context = report.firstIndex(where: { $0.text.trimmed == "Source context:" }),
            let marked = report[context...].first(where: { $0.text.trimmed.hasPrefix(">>> ") }),
            let bar = marked.text.firstIndex(of: "|")
        else { return nil }
        let text = marked.text[bar...].dropFirst().trimmed
        let place = report[..<context].last { $0.kind != .blank }?.text.split(separator: " @ ").dropFirst().last
        guard let place else { return text }
        return "\(text) @ \(place.split(separator: ":").prefix(2).joined(separator: ":"))"
    }
}

extension StringProtocol {
    /// Without the blanks at either end.
    var trimmed: String {
        let rest = drop { $0.isWhitespace }
        let end = rest.lastIndex { !$0.isWhitespace }.map { rest.index(after: $0) }
        return String(rest[..<(end ?? rest.endIndex)])
    }
}

extension Line {
    /// Whether it is what the kernel remarks when the BTF of a program's context is not what it expects.
    ///
    /// The program is verified all the same, so it is a reason only where nothing was verified.
    var isRemarkOnTypes: Bool {
        let text = text.trimmed
        return isQuotedRemarkOnTypes || text == "btf_vmlinux is malformed" || text.hasPrefix("arg#0 reference type(")
            || text.hasPrefix("arg#0 type ") || text.hasPrefix("Arg#0 type ")
    }

    /// The same for a line that is in no log, or quotes one: such lines are rarely more than a remark.
    var isQuotedRemarkOnTypes: Bool {
        let bytes = text.utf8.span
        return [
            "R1 type=ctx expected=fp", "Unrecognized arg#0 type ", "doesn't return scalar. Only those are supported",
        ].contains { bytes.contains($0, from: 0) }
    }

    /// The source code that a line of the kind `source` shows, without the `;` before it; `nil` if it shows a loader's remark only.
    ///
    /// cilium/ebpf puts a remark in front of the source of an instruction that it could not relocate, and leaves out the place,
    /// which kernels since 6.12 show as `@ :0`. Source: cilium/ebpf 0.22 `btf/core.go`.
    var shownSource: String? {
        let text = text.trimmed.dropFirst().trimmed
        let remark = "instruction poisoned by CO-RE"
        guard text.hasPrefix(remark) else { return text }
        let noPlace = "@ :0"
        let rest = text.hasSuffix(noPlace) ? text.dropLast(noPlace.count) : text[...]
        let source = rest.dropFirst(remark.count + 1).trimmed
        return source.isEmpty ? nil : source
    }
}
