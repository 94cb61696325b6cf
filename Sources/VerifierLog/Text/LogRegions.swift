/// The positions of the verifier's logs in a text.
///
/// They are found by loaders' markers, or else by the lines that only a verifier writes: a log begins with the first of
/// these lines and ends with its totals, or with the message below the last of them.
struct LogRegions {
    private(set) var ranges: [Range<Int>] = []

    private let lines: [Line]
    private var start: Int?
    /// Whether a marker began the log.
    private var isFramed = false
    /// The last line that only a verifier writes.
    private var lastTrace: Int?
    /// Where the next log can begin.
    private var free = 0

    init(in lines: [Line]) {
        self.lines = lines
        for index in lines.indices { read(index) }
        if let start { close(at: end(of: start, before: lines.endIndex)) }
    }

    private mutating func read(_ index: Int) {
        let line = lines[index]
        let kind = line.kind
        switch kind {
        case .message, .loader, .note: readMark(index)
        case .total where line.isSumOfLog:
            // Nothing but messages stands above the totals of a program that was refused before it was looked at.
            if start == nil { start = first(above: index, of: [.message, .total, .note, .source, .types]) }
            close(at: index + 1)
        case .instruction, .state, .branch, .pruned, .precision:
            if let start, isRestart(line, at: index) { close(at: max(end(of: start, before: index), endOfMessage)) }
            if start == nil { start = first(above: index, of: [.note, .source, .types]) }
            lastTrace = index
        default: break
        }
    }

    private mutating func readMark(_ index: Int) {
        if lines[index].contains(anyOf: Self.beginnings), !lines[index].contains(anyOf: [Self.btfLoad]) {
            if let start { close(at: end(of: start, before: index)) }
            start = index + 1
            free = index + 1
            isFramed = true
        } else if lines[index].contains(anyOf: Self.ends) {
            if start != nil {
                close(at: index)
            } else if index > free, lines[free..<index].contains(where: { $0.kind == .message }), ranges.isEmpty {
                // The beginning is missing; what stands above may be a message without a trace.
                start = free
                close(at: index)
            }
            free = index + 1
        }
    }

    private mutating func close(at end: Int) {
        if let start, start <= end { ranges.append(start..<end) }
        free = end
        start = nil
        isFramed = false
        lastTrace = nil
    }

    /// The end of a message that a blank line separates from the trace above it, in a log whose end is marked.
    private var endOfMessage: Int {
        guard let lastTrace else { return 0 }
        let rest = lines[(lastTrace + 1)...].drop { $0.kind == .blank }
        return rest.first?.kind == .message && rest.first?.isForeign == false ? rest.startIndex + 1 : lastTrace + 1
    }

    /// Whether another log begins at `line` without totals above it: the first instruction again, below a message.
    ///
    /// A person who explains a log also quotes an earlier part of it again, as a paragraph of its own.
    private func isRestart(_ line: Line, at index: Int) -> Bool {
        guard let lastTrace, lastTrace + 1 < index else { return false }
        let between = lines[(lastTrace + 1)..<index]
        guard between.contains(where: { $0.kind == .message && !$0.isPunctuation }) else { return false }
        if line.hasPrefix("0: ") { return true }
        guard between.contains(where: { $0.kind == .blank }), let number = line.instruction?.index,
            let last = lines[...lastTrace].suffix(Self.statesBetween).last(where: { $0.kind == .instruction })?
                .instruction?.index
        else { return false }
        return number <= last
    }

    /// More lines without an instruction are not told from another program's.
    private static let statesBetween = 64

    /// The first line of an unbroken run of `kinds` that ends above `index`.
    private func first(above index: Int, of kinds: Set<LineKind>) -> Int {
        var first = index
        while first > free, kinds.contains(lines[first - 1].kind), !lines[first - 1].isForeign { first -= 1 }
        return first
    }

    /// Where a log without totals ends: below the message that follows its last line, and above what anyone else wrote.
    private func end(of start: Int, before limit: Int) -> Int {
        guard let lastTrace, lastTrace < limit else {
            // Of an empty log there is nothing but the mark.
            let end = lines[start..<limit].firstIndex { $0.isForeign || $0.kind == .blank }
            return isFramed ? end ?? limit : limit
        }
        if lines[lastTrace..<limit].contains(where: { $0.hasPrefix(KernelReport.title) }) { return limit }
        var end = lastTrace + 1
        // Some pages put a blank line after each.
        let isSpaced =
            lastTrace >= start + 2 && lines[lastTrace - 1].kind == .blank && lines[lastTrace - 2].kind != .blank
        while end < limit {
            if lines[end].kind == .blank, isSpaced, end + 1 < limit, !lines[end + 1].isForeign {
                end += 1
            } else if end > lastTrace + 1, lines[end - 1].kind == .total, lines[end].kind != .total {
                break
            } else if lines[end].isForeign || lines[end].kind == .blank {
                break
            } else {
                end += 1
            }
        }
        return end
    }

    /// What stands behind the mark in `line`: the first line of the log.
    static func lineBehindMark(in line: Line) -> Line? {
        guard [.message, .loader, .note].contains(line.kind) else { return nil }
        return inline.lazy.compactMap { line.text(after: $0) }.first
    }

    /// Behind these the log begins in the same line, or in the next one.
    private static let inline: [StaticString] = [
        "Verifier output: ", "VerifierLog(\"", "Verifier output:", "VerifierLog(",
    ]
    private static let beginnings: [StaticString] =
        ["-- BEGIN PROG LOAD LOG --", "-- BEGIN DUMP LOG ---", "VERIFIER LOG:"] + inline
    /// What the kernel says of BTF is no log of a program.
    private static let btfLoad: StaticString = "BPF_BTF_LOAD"
    private static let ends: [StaticString] = ["-- END PROG LOAD LOG --", "-- END LOG --"]
}

extension Line {
    /// `processed 15 insns`, the last line of every log that has totals.
    fileprivate var isSumOfLog: Bool { text.trimmed.hasPrefix("processed ") }

    /// `...`, `---`, a lone bracket, the digits with which a cut line began: nothing that a kernel or a loader says.
    var isPunctuation: Bool {
        text.utf8.drop { $0 == 0x20 }.allSatisfy { 0x30..<0x3A ~= $0 }
            || text.utf8.allSatisfy { byte in
                byte < 0x80 && !(0x30..<0x3A ~= byte) && !(0x61..<0x7B ~= byte | 0x20)
            } || text == "\u{2026}"
    }

    /// Whether it is not the verifier's, as its first words show.
    var isForeign: Bool {
        kind == .loader || isPunctuation || Truncation.isMark(self)
            || Self.foreign.contains { text.utf8.span.hasPrefix($0, at: text.utf8.prefix { $0 == 0x20 }.count) }
    }

    /// The first words of loaders, tools and languages below a log.
    private static let foreign: [StaticString] = [
        "HINT:", "Traceback (most", "Error:", "ERROR:", "error:", "Exception", "Caused by:", "exit status", "panic:",
        "thread '", "goroutine ", "bpf: ", "libxdp:", "RTNETLINK", "Segmentation fault", "make:", "make[", "$ ", "# ",
        "Killed", "Aborted", "Fatal", "fatal:", "File \"", "File  ", "PROCESSING ", "Failed to load", "failed to load",
        "Could not ", "could not ", "Unable to ", "Stack backtrace", "note: run with", "Process exited",
        "bpf_load_program() err", "invalid relo for insn[", "Verifier analysis:", "level=",
    ]

    fileprivate func contains(anyOf markers: [StaticString]) -> Bool {
        let bytes = text.utf8.span
        return markers.contains { bytes.contains($0, from: 0) }
    }

    /// What stands behind `marker`; `nil` when that is nothing, or there is no marker.
    fileprivate func text(after marker: StaticString) -> Line? {
        let bytes = text.utf8.span
        for index in 0..<bytes.count where bytes.hasPrefix(marker, at: index) {
            let rest = Line(Substring(text.utf8.dropFirst(index + marker.utf8CodeUnitCount)), origin: origin)
            return rest.kind == .blank ? nil : rest
        }
        return nil
    }
}
