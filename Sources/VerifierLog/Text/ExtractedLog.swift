/// A verifier's log in what a loader wrote, and what the loader wrote around it.
///
/// Of several logs, the last one that ends with a message is taken.
struct ExtractedLog {
    private(set) var log: [Line]
    private(set) var rest: [Line]
    /// Whether the text contains more than a log.
    let isWrapped: Bool
    /// Whether marks or lines show that there is a log, be it an empty one.
    let isFound: Bool
    /// The other logs that end with a message, the last one first.
    let earlier: [[Line]]

    /// Takes off what loaders, journals and terminals put before and around a log.
    ///
    /// - libbpf, bpftool: `-- BEGIN PROG LOAD LOG --`, `-- END PROG LOAD LOG --`; up to libbpf 0.5 `DUMP LOG`, `END LOG`
    /// - veristat: `VERIFIER LOG:`; Aya: `Verifier output: `, with the first line of the log behind it
    /// - cilium/ebpf's `%+v`: a tab before each line; dmesg, journald, loggers: a time or a name
    init(from lines: [Line]) {
        let decorated = Decoration(of: lines)
        let texts = decorated.map { decoration in lines.map { decoration.taken(off: $0) ?? $0 } } ?? lines
        let regions = LogRegions(in: texts).ranges
        guard
            let place = regions.lastIndex(where: { Self.isRefusal(texts[$0]) && !Self.isQuotedState(texts[$0]) })
                ?? regions.lastIndex(where: { Self.isRefusal(texts[$0]) }) ?? regions.indices.last
        else {
            log = texts
            rest = []
            isWrapped = decorated != nil
            isFound = false
            earlier = []
            return
        }
        let region = regions[place]
        var log: [Line] = []
        var rest: [Line] = []
        var next = 0
        for (number, other) in regions.enumerated() {
            rest += texts[next..<other.lowerBound]
            next = other.upperBound
            guard number == place else { continue }
            for index in other {
                // A line of another program, in a journal or between the lines of a log; who leaves lines out marks it there.
                let isUndecorated = decorated.map { $0.taken(off: lines[index]) == nil } == true
                if texts[index].kind == .loader || isUndecorated && !Truncation.isMark(texts[index]) {
                    rest.append(texts[index])
                } else {
                    log.append(texts[index])
                }
            }
        }
        rest += texts[next...]
        if region.lowerBound > 0, let first = LogRegions.lineBehindMark(in: texts[region.lowerBound - 1]) {
            log.insert(first, at: 0)
        }
        // cilium/ebpf shows the end of a log, and above it a summary with the last lines of it joined.
        if !Self.isRefusal(log[...]), let quoted = rest.lazy.compactMap(Self.quotedRefusal).last { log += quoted }
        self.log = log
        self.rest = rest
        isWrapped = region != texts.indices || decorated != nil
        isFound = true
        earlier = regions.indices.reversed().filter { $0 != place }.map { Array(texts[regions[$0]]) }
            .filter { Self.isRefusal($0[...]) }.prefix(Self.mostEarlier).map(\.self)
    }

    /// More would say nothing more.
    private static let mostEarlier = 16

    /// The instruction and the message of a summary, as in `load program: …: 7: (71) r1 = *(u8 *)(r9 +23): R9 invalid …`.
    private static func quotedRefusal(in line: Line) -> [Line]? {
        guard let quoted = line.quotedLog, let message = quoted.messageAfterInstruction,
            let end = Instruction.endOfText(in: quoted.text)
        else { return nil }
        let words = message.text.firstRange(of: " (").flatMap { cut in
            message.text[cut.lowerBound...].contains("line(s) omitted)") ? message.text[..<cut.lowerBound] : nil
        }
        return [
            Line(quoted.text[..<end], origin: line.origin), Line(words ?? message.text, origin: line.origin),
        ]
    }

    /// Whether it only repeats registers of another log, as in an explanation.
    private static func isQuotedState(_ lines: ArraySlice<Line>) -> Bool {
        let kinds = Set(lines.map(\.kind))
        return kinds.contains(.state) && kinds.isDisjoint(with: [.instruction, .total])
    }

    private static func isRefusal(_ lines: ArraySlice<Line>) -> Bool {
        lines.contains { $0.kind == .message && !$0.isPunctuation }
            || lines.contains { $0.messageAfterInstruction != nil }
    }
}
