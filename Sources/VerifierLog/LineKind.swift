/// The kind of a log line, detected from its first bytes.
package enum LineKind: Sendable, Hashable {
    case blank
    /// The closing totals: `processed 15 insns (limit 1000000) …`, `verification time 9653 usec`.
    case total
    /// A source line: `; return n; } @ probe.c:4`.
    case source
    /// `12: (85) call bpf_loop#181`; since 5.18 with its changes: `1: (bf) r2 = r10  ; R2_w=fp0 R10=fp0`.
    case instruction
    /// ` R0_w=inv(id=0) R10=fp0`, `0: R1=ctx() R10=fp0`, `frame1: R1=ctx()`, `fp-8=mmmm????`.
    case state
    /// `from 3 to 7: R0=inv(id=0) R10=fp0`: another path continues here.
    case branch
    /// `from 3 to 7: safe`, `12: safe`: seen before.
    case pruned
    /// `last_idx 9 first_idx 0`, `regs=4 stack=0 before 8: (b7) r2 = 64`, `mark_precise: frame0: …`.
    case precision
    /// BTF as the kernel parses it: `[27] INT unsigned long size=8`.
    case types
    /// Other lines that reject nothing: `func#0 @0`, `caller:`.
    case note
    /// A loader's output, if it is in the same text as the log.
    case loader
    case message

    /// Whether it is part of the verifier's trace rather than a rejection.
    package var isTrace: Bool {
        switch self {
        case .instruction, .state, .branch, .pruned, .precision, .types, .note: true
        case .blank, .total, .source, .loader, .message: false
        }
    }

    /// - Parameter line: Without its line feed.
    ///
    /// Source: kernel/bpf/verifier.c, log.c and btf.c of Linux 4.4 to 7.3.
    package init(of line: Span<UInt8>) {
        let start = line.end(ofRun: 0x20, from: 0)
        guard start < line.count else {
            self = .blank
            return
        }
        self =
            switch line[start] {
            case UInt8(ascii: "0")...UInt8(ascii: "9"): Self.numbered(line, from: start)
            case UInt8(ascii: ";"): .source
            case 0x09: Self.tabbed(line, from: start)
            case UInt8(ascii: "["):
                line.number(from: start + 1).map { line.hasPrefix("]", at: $0.end) } == true
                    && !Self.refusesType(line, from: start) ? .types : .message
            case UInt8(ascii: "R"), UInt8(ascii: "*"): Self.isState(line, from: start) ? .state : .message
            case UInt8(ascii: "f"): Self.startingWithF(line, from: start)
            default: Self.named(line, from: start)
            }
    }

    /// `12: (85) call bpf_loop#181`, `0: R1=ctx() R10=fp0`, `12: safe`, `3: .12....... (b7) r0 = 0`.
    ///
    /// Error chains are also numbered, and written by loaders: `0: error relocating function`.
    private static func numbered(_ line: Span<UInt8>, from start: Int) -> LineKind {
        guard let number = line.number(from: start), line.hasPrefix(":", at: number.end) else { return .message }
        let rest = line.end(ofRun: 0x20, from: number.end + 1)
        guard rest < line.count else { return .state }
        if line[rest] == UInt8(ascii: "(") { return .instruction }
        if line.hasPrefix("safe", at: rest) { return .pruned }
        if isState(line, from: rest) || line.hasPrefix("frame", at: rest) { return .state }
        // Aya quotes the call that failed: 0: `bpf_link_create` failed.
        let isWord = UInt8(ascii: "a")...UInt8(ascii: "z") ~= line[rest] | 0x20 || line[rest] == UInt8(ascii: "`")
        return isWord ? .message : .note
    }

    /// A member of a type, `\tpid type_id=2 bits_offset=0`, `\t type_id=6 offset=0 size=24` or `\tTCP_CLOSE val=7`.
    ///
    /// Source: kernel/bpf/btf.c of Linux 4.18 to 7.3, `btf_verifier_log_member`, `btf_verifier_log_vsi`, `btf_enum_log`.
    private static func tabbed(_ line: Span<UInt8>, from start: Int) -> LineKind {
        var rest = start
        while rest < line.count, line[rest] == 0x09 || line[rest] == 0x20 { rest += 1 }
        guard rest < line.count else { return .blank }
        var end = rest
        while end < line.count, line[end] > 0x20 { end += 1 }
        let isMember =
            line.hasPrefix("type_id=", at: rest) || line.hasPrefix(" type_id=", at: end)
            || line.hasPrefix(" val=", at: end)
        return isMember && !refusesType(line, from: start) ? .types : .message
    }

    /// `[3] STRUCT event size=4 vlen=2 Member exceeds struct_size`: the problem with a type follows the type.
    ///
    /// Source: kernel/bpf/btf.c of Linux 4.19 to 7.3, the messages of `btf_verifier_log_type` and its relatives.
    private static func refusesType(_ line: Span<UInt8>, from start: Int) -> Bool {
        refusals.contains { line.contains($0, from: start) }
    }

    private static let refusals: [StaticString] = [
        " Invalid ", " Unsupported ", " Unexpected size", "xceeds ", " overflows U32_MAX", " is not byte aligned",
        " is not properly aligned", " Loop detected", " Exceeded max ", " chain length or cycle", " No type found",
        " No data", " Not a VAR ", " Linkage not supported", " size == 0",
    ]

    /// `from 3 to 7: safe`, `frame1:`, `fp-8=mmmm????`, `func#0 @0`.
    private static func startingWithF(_ line: Span<UInt8>, from start: Int) -> LineKind {
        if isState(line, from: start) { return .state }
        if line.hasPrefix("frame", at: start), let number = line.number(from: start + 5),
            line.hasPrefix(":", at: number.end)
        {
            return .state
        }
        if let branch = Branch(line, from: start) { return branch.isPruned ? .pruned : .branch }
        return named(line, from: start)
    }

    /// `R0_w=inv(id=0)`, `fp-8=mmmm????`, `*(R11-8)=scalar()`; in a message, a blank follows the register.
    private static func isState(_ line: Span<UInt8>, from start: Int) -> Bool {
        let isRegister = line.hasPrefix("R", at: start) && line.number(from: start + 1) != nil
        guard isRegister || line.hasPrefix("fp-", at: start) || line.hasPrefix("*(R11-", at: start) else {
            return false
        }
        for index in start..<line.count {
            if line[index] == UInt8(ascii: "=") { return true }
            if line[index] == 0x20 { return false }
        }
        return false
    }

    private static func named(_ line: Span<UInt8>, from start: Int) -> LineKind {
        // 5.4 prints "stack depth " and nothing after it if it rejected a program before verifying its functions.
        if line.hasPrefix("stack depth", at: start), line.count == start + 11 { return .total }
        if line.hasPrefix("arg#", at: start) {
            // Since 6.17, for any program whose context is `void *`; not for an argument of a call, which also begins
            // with `R1` or `arg#0`.
            return line.contains("size cannot be determined", from: start) ? .note : .message
        }
        for (prefix, kind) in prefixes where line.hasPrefix(prefix, at: start) { return kind }
        return .message
    }

    /// The mark that a guest writes in place of the middle of a long log.
    ///
    /// Source: `CUT_MARK` of images/guest/kit/load_log.h.
    private static let cutMark: StaticString = "-- compat-matrix cut the log here"

    static func isCutMark(_ line: Span<UInt8>) -> Bool { line.hasPrefix(cutMark, at: 0) }

    private static let prefixes: [(StaticString, LineKind)] = [
        ("last_idx ", .precision), ("regs=", .precision), ("mark_precise:", .precision),
        ("parent didn't have", .precision), ("parent already had", .precision), ("propagating ", .precision),
        ("processed ", .total), ("insns processed ", .total), ("verification time ", .total), ("stack depth ", .total),
        ("subprog ", .total),
        ("caller:", .note), ("callee:", .note), ("returning from callee:", .note), ("to caller at ", .note),
        ("func#", .note), ("Func#", .note), ("Validating ", .note), ("Live regs before insn", .note),
        ("cur state:", .state), ("old state:", .state),
        ("magic: 0x", .types), ("version: ", .types), ("flags: 0x", .types), ("hdr_len: ", .types),
        ("type_off: ", .types), ("type_len: ", .types), ("str_off: ", .types), ("str_len: ", .types),
        ("btf_total_size: ", .types),
        ("-- BEGIN PROG", .note), ("-- END PROG", .note), (cutMark, .note), ("libbpf:", .loader),
    ]
}

/// `from 3 to 7: R0=inv(id=0) R10=fp0`, `from 3 to 7 (speculative execution): safe`.
struct Branch: Equatable {
    var origin: Int
    var target: Int
    var isPruned: Bool

    /// `nil` if `line` has no branch at `start`.
    init?(_ line: Span<UInt8>, from start: Int) {
        guard line.hasPrefix("from ", at: start), let origin = line.number(from: start + 5),
            line.hasPrefix(" to ", at: origin.end), let target = line.number(from: origin.end + 4)
        else { return nil }
        var end = target.end
        if line.hasPrefix(" (speculative execution)", at: end) { end += 24 }
        guard line.hasPrefix(":", at: end) else { return nil }
        self.origin = origin.value
        self.target = target.value
        isPruned = line.hasPrefix(" safe", at: end + 1)
    }
}
