/// One line of a log, and what kind of line it is.
struct Line {
    enum Kind {
        case blank
        /// The closing numbers: `processed 15 insns (limit 1000000) …`, `verification time 9653 usec`.
        case total
        /// A source line: `; return n; } @ probe.c:4`.
        case source
        /// Instructions, register states, branches, precision tracking, BTF: what the verifier did, not what it refused.
        case trace
        /// What a loader wrote, where its output and the log are one text.
        case loader
        case message
    }

    let text: Substring

    /// - Parameter raw: Without its line feed.
    init(_ raw: Substring) {
        let end = raw.utf8.lastIndex { !Self.isTrailing($0) }.map { raw.utf8.index(after: $0) } ?? raw.startIndex
        text = raw[..<end]
    }

    var bytes: [UInt8] { Array(text.utf8) }

    /// The parts of a report of 7.3 are indented, messages are not.
    var isIndented: Bool { text.utf8.first == UInt8(ascii: " ") }

    func hasPrefix(_ prefix: String) -> Bool { text.utf8.starts(with: prefix.utf8) }

    /// Computed when asked: of a long log only the last lines are.
    var kind: Kind { Self.kind(of: bytes) }

    /// What follows a jump on its line and is no state: `17: (c5) if r1 s< 0x1e8480 goto pc-11 infinite loop detected at insn 7`.
    ///
    /// Since 5.18 the line of an instruction is left open for its state, and what is said before the state ends up there;
    /// seen in 6.12 to 7.3.
    var messageAfterJump: Line? {
        guard kind == .trace, let jump = text.firstRange(of: " goto pc") else { return nil }
        let rest = Line(text[jump.upperBound...].drop { !$0.isWhitespace }.drop { $0.isWhitespace })
        return rest.kind == .message ? rest : nil
    }

    private static func isTrailing(_ byte: UInt8) -> Bool { byte <= 0x20 }

    private static func kind(of line: [UInt8]) -> Kind {
        let bytes = line.drop { $0 == UInt8(ascii: " ") }
        guard let first = bytes.first else { return .blank }
        if first == UInt8(ascii: ";") { return .source }
        if first == UInt8(ascii: "\t") { return .trace }
        if isNumbered(bytes) || isState(bytes) { return .trace }
        // 5.4 writes "stack depth " and nothing after it when it refused a program before it looked at its functions.
        if Self.totals.contains(where: { (bytes + [UInt8(ascii: " ")]).starts(with: $0) }) { return .total }
        // Since 6.17, of any program whose context is `void *`; not of an argument of a call, which `R1` or `arg#0` begins too.
        if bytes.starts(with: Array("arg#".utf8)), bytes.firstRange(of: Array("size cannot be determined".utf8)) != nil
        {
            return .trace
        }
        if Self.traces.contains(where: { bytes.starts(with: $0) }) { return .trace }
        return bytes.starts(with: Self.loader) ? .loader : .message
    }

    /// `12: (85) call bpf_loop#181`, `0: R1=ctx() R10=fp0`, `from 3 to 7: safe`, `[27] INT unsigned long`, `frame1:`.
    private static func isNumbered(_ bytes: ArraySlice<UInt8>) -> Bool {
        func digits(after prefix: StaticString, then closing: UInt8) -> Bool {
            let prefix = prefix.withUTF8Buffer { Array($0) }
            guard bytes.starts(with: prefix) else { return false }
            let rest = bytes.dropFirst(prefix.count)
            let end = rest.firstIndex { !(UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }
            return end.map { $0 > rest.startIndex && rest[$0] == closing } ?? false
        }
        return digits(after: "", then: UInt8(ascii: ":")) || digits(after: "[", then: UInt8(ascii: "]"))
            || digits(after: "from ", then: UInt8(ascii: " ")) || digits(after: "frame", then: UInt8(ascii: ":"))
    }

    /// `R0_w=inv(id=0) R10=fp0`, `fp-8=mmmm????`, `*(R11-8)=scalar()`; a message has a blank after the register.
    private static func isState(_ bytes: ArraySlice<UInt8>) -> Bool {
        guard ["R", "fp-", "*(R11-"].contains(where: { bytes.starts(with: $0.utf8) }),
            let end = bytes.firstIndex(where: { $0 == UInt8(ascii: "=") || $0 == UInt8(ascii: " ") })
        else { return false }
        return bytes[end] == UInt8(ascii: "=")
    }

    private static let loader = Array("libbpf: ".utf8)
    private static let totals = [
        "processed ", "insns processed ", "verification time ", "stack depth ", "subprog ",
    ].map { Array($0.utf8) }
    private static let traces = [
        "func#", "Func#", "Validating ", "Live regs before insn", "caller:", "callee:", "returning from callee:",
        "to caller at ", "last_idx ", "regs=", "parent didn't have", "parent already had", "mark_precise:",
        "propagating ", "cur state:", "old state:", "magic: 0x", "version: ", "flags: 0x", "hdr_len: ", "type_off: ",
        "type_len: ", "str_off: ", "str_len: ", "btf_total_size: ", "-- BEGIN PROG", "-- END PROG",
    ].map { Array($0.utf8) }
}
