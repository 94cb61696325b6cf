import MatrixModel

/// What the failing path shows about a message that has several reasons.
///
/// The raw values are those of the key `when` of the catalogue.
enum PathCondition: String, Decodable, CaseIterable {
    /// The pointer was compared with NULL through another register or before it was reloaded.
    case copyChecked = "copy-checked"
    /// The register, or the one that the message names for a call, holds 0: on this path, the pointer is NULL.
    case isNull = "is-null"
    /// The value went through a 32-bit move or shift.
    case truncated
    /// The context pointer with an offset added.
    case movedContext = "moved-context"
    /// An address that was read from memory or returned by a helper.
    case readAddress = "read-address"
    /// An 8-byte load or store of the context of a program whose fields have 4 bytes.
    case mergedLoad = "merged-load"
    /// A load of the context of a size and alignment that every field of 4 bytes allows.
    case plainLoad = "plain-load"
    /// The refused instruction stores.
    case isStore = "is-store"
    /// The program reads one of r2 to r5 before anything was written to it, and does not just return it.
    case unwrittenArgument = "unwritten-argument"
    /// LD_ABS or LD_IND, which take the context from r6.
    case packetLoad = "packet-load"
    /// A 64-bit address that no loader filled in.
    case unresolved
    /// The packet pointer itself was found to be below another, and no pointer behind what is accessed.
    case openCheck = "open-check"
    /// The same, by a verifier that counts two bytes less than the check covers.
    case countedShort = "counted-short"
    /// A packet pointer whose offset may be larger than a verifier follows.
    case wideOffset = "wide-offset"
    /// A length was computed from two packet pointers and compared instead of the pointers.
    case lengthCompared = "length-compared"
    /// The offset may be negative, as after a subtraction.
    case negativeOffset = "negative-offset"
    /// The refused instruction calls a helper or kfunc.
    case isCall = "is-call"
    /// A packet pointer that a helper made a number of, since it may have moved the packet.
    case invalidated
    /// A global function is refused, which is verified by itself.
    case inGlobalFunction = "in-global-function"
    /// The bytes that the message names lie within the frame.
    case withinStack = "within-stack"
    /// The stack slot that is read holds a spilled pointer.
    case pointerInSlot = "pointer-in-slot"
    /// The refused instruction ends a function that another one called.
    case inSubprogram = "in-subprogram"
    /// As many instructions were processed as the verifier processes at most.
    case limitReached = "limit-reached"
    /// The log shows instructions, and neither a message nor totals: its end is missing.
    case withoutEnd = "without-end"
    /// The loader reports the length of the program, and every kernel accepts that many instructions.
    case shortProgram = "short-program"
    /// The helper that the message names is none of mainline Linux.
    case foreignHelper = "foreign-helper"
    /// The verifier wrote nothing.
    case noLog = "no-log"
    /// The verifier wrote its totals only, and processed nothing.
    case nothingProcessed = "nothing-processed"

    /// Whether it holds of the failure that `line` reports.
    func holds(of line: String, _ evidence: FailureEvidence) -> Bool {
        switch self {
        case .copyChecked: evidence.isCopyChecked
        case .isNull: evidence.isNull(in: line)
        case .truncated: evidence.isTruncated
        case .movedContext: evidence.isMovedContext
        case .readAddress: evidence.isReadAddress
        case .mergedLoad: evidence.isMergedLoad
        case .plainLoad: evidence.isPlainLoad
        case .isStore: evidence.refused?.instruction.kind == .store
        case .unwrittenArgument: evidence.readsUnwrittenArgument(in: line)
        case .packetLoad: evidence.refused?.instruction.text.contains("*)skb[") == true
        case .unresolved: evidence.isUnresolved(in: line)
        case .openCheck: evidence.hasOpenCheck
        case .countedShort: evidence.hasOpenCheck && evidence.isCountedShort
        case .wideOffset: evidence.hasWideOffset
        case .lengthCompared: evidence.comparesLengths
        case .negativeOffset: evidence.hasNegativeOffset(of: line)
        case .withinStack: FailureEvidence.isWithinStack(line)
        case .pointerInSlot: evidence.holdsPointer(inSlotOf: line)
        case .isCall: evidence.refused?.instruction.kind == .call
        case .invalidated: evidence.isInvalidated(in: line)
        case .inGlobalFunction: evidence.path.isOfGlobalFunction
        case .inSubprogram: evidence.refused?.operation == .exit && evidence.endsInCallee
        case .limitReached: evidence.isLimitReached
        case .withoutEnd: !evidence.path.steps.isEmpty && evidence.statistics == nil
        case .shortProgram: evidence.isShort
        case .foreignHelper: Self.isForeign(helperOf: line)
        case .noLog: evidence.path.steps.isEmpty && evidence.statistics == nil
        case .nothingProcessed: evidence.path.steps.isEmpty && evidence.statistics?.instructions == 0
        }
    }
}

extension PathCondition {
    /// Whether mainline Linux lacks the helper of a line such as `unknown func bpf_vmalloc#136`.
    private static func isForeign(helperOf line: String) -> Bool {
        guard let word = line.split(separator: " ").first(where: { $0.hasPrefix("bpf_") && $0.contains("#") }) else {
            return false
        }
        return FeatureTable.bundled.feature(.helper, named: String(word.prefix { $0 != "#" })) == nil
    }
}

extension FailureEvidence {
    private var value: TracedValue? { base.flatMap(tracer.value) }

    fileprivate var isCopyChecked: Bool {
        guard let value else { return false }
        return tracer.checks.contains { check in
            guard check.value.origin == value.origin, check.against == .number(0) else { return false }
            return check.holds == .equal || check.holds == .notEqual
        }
    }

    fileprivate func isNull(in line: String) -> Bool {
        guard let register = accessed(in: line) else { return false }
        if let state = path.state(of: register) { return state.isScalar && state.constant == 0 }
        return isSetToZero(register) || isReloadedZero(register)
    }

    /// `r1 = 0x0` with the encoding of a 64-bit constant, which clang writes for addresses.
    fileprivate func isUnresolved(in line: String) -> Bool {
        guard let register = accessed(in: line), let value = tracer.value(of: register),
            value.offset >= 0, let origin = tracer.origins[value.origin]
        else { return false }
        let step = path.steps[origin]
        guard step.instruction.opcode == Self.wideConstant, case .set(_, 0) = step.operation else { return false }
        return true
    }

    /// Source: Linux include/uapi/linux/bpf.h, `BPF_LD | BPF_DW | BPF_IMM`.
    private static let wideConstant: UInt8 = 0x18

    /// The kernel passes a program its context in r1, and nothing in r2 to r5.
    ///
    /// A register that is only returned is no parameter, but a return value that is missing.
    fileprivate func readsUnwrittenArgument(in line: String) -> Bool {
        if case .copy(0, _, _)? = refused?.operation { return false }
        guard let register = RegisterState.number(namedIn: line), (2...5).contains(register), isWhole else {
            return false
        }
        return !path.steps.dropLast().contains { $0.operation.writes(register) }
    }

    fileprivate var isPlainLoad: Bool {
        guard case .load(_, _, let offset, let bytes)? = refused?.operation else { return false }
        return bytes <= 4 && offset >= 0 && offset % bytes == 0
    }

    /// `p < data_end`, which since 5.16 gives a range of one byte behind `p`, or none for an offset of 0.
    ///
    /// Source: Linux 6.12 kernel/bpf/verifier.c, `find_good_pkt_pointers`.
    fileprivate var hasOpenCheck: Bool {
        guard let value else { return false }
        return tracer.checks.contains { check in
            guard case .value = check.against else { return false }
            return check.value.origin == value.origin && check.value.offset == value.offset
                && check.holds == .unsigned(.less)
        }
    }

    /// 13 of `off=14 size=1, R1(id=2,off=14,r=13)`: kernels without the fix subtract 1 where they should add it.
    ///
    /// Source: Linux 2fa7d94afc1a, "bpf: Fix the off-by-two error in range markings".
    fileprivate var isCountedShort: Bool {
        guard let line = remarks.last(where: { $0.text.contains("invalid access to packet, off=") }),
            let register = line.text.firstRange(of: "(id=")
        else { return false }
        let rest = line.text[register.upperBound...]
        guard let offset = Self.number(after: ",off=", in: rest), let range = Self.number(after: ",r=", in: rest) else {
            return false
        }
        return offset > 0 && range == offset - 1
    }

    /// `off=-32 size=8`: a read is also refused below the lowest slot that was written.
    ///
    /// Source: Linux 6.1 kernel/bpf/verifier.c, `check_stack_slot_within_bounds`.
    fileprivate static func isWithinStack(_ line: String) -> Bool {
        guard let offset = number(after: " off=", in: line[...]), let size = number(after: " size=", in: line[...])
        else {
            return false
        }
        return offset >= -512 && offset + size <= 0
    }

    /// Follows the value back to the last place where it was a packet pointer, through the stack.
    fileprivate func isInvalidated(in line: String) -> Bool {
        guard let register = accessed(in: line) else { return false }
        var place = RegisterState.Place.register(register)
        var isChanged = false
        for step in path.steps.dropLast().reversed() {
            if isChanged, let state = step.states.last(where: { $0.place == place }) {
                return state.type.hasPrefix("pkt")
            }
            switch (place, step.operation) {
            case (_, .call(let helper)) where Self.movesPacket(helper): isChanged = true
            case (.register(let register), .load(let target, Self.framePointer, let offset, 8))
            where target == register:
                place = .stack(offset)
            case (.register(let register), .copy(let target, let source, true)) where target == register:
                place = .register(source)
            case (.register(let register), let operation) where operation.writes(register): return false
            case (.stack(let slot), .store(Self.framePointer, let offset, 8, .register(let source)))
            where offset == slot:
                place = .register(source)
            default: break
            }
        }
        return false
    }

    /// `bpf_skb_store_bytes#9`, or the number alone up to 4.9.
    private static func movesPacket(_ helper: String) -> Bool {
        packetMovers.contains(String(helper.prefix { $0 != "#" }))
    }

    /// Source: Linux 6.12 net/core/filter.c, `bpf_helper_changes_pkt_data`; the numbers are those up to 4.9.
    private static let packetMovers: Set<String> = [
        "9", "10", "11", "13", "18", "19", "31", "38", "39", "43", "44", "bpf_clone_redirect",
        "bpf_l3_csum_replace", "bpf_l4_csum_replace", "bpf_lwt_push_encap", "bpf_lwt_seg6_action",
        "bpf_lwt_seg6_adjust_srh", "bpf_lwt_seg6_store_bytes", "bpf_msg_pop_data", "bpf_msg_pull_data",
        "bpf_msg_push_data", "bpf_skb_adjust_room", "bpf_skb_change_head", "bpf_skb_change_proto",
        "bpf_skb_change_tail", "bpf_skb_pull_data", "bpf_skb_store_bytes", "bpf_skb_vlan_pop",
        "bpf_skb_vlan_push", "bpf_store_hdr_opt", "bpf_xdp_adjust_head", "bpf_xdp_adjust_meta",
        "bpf_xdp_adjust_tail",
    ]

    /// Source: Linux `MAX_PACKET_OFF`.
    fileprivate var hasWideOffset: Bool {
        guard let base, let state = path.state(of: base), state.type.hasPrefix("pkt") else { return false }
        let limit = state.detail("umax") ?? state.detail("umax_value")
        guard let number = limit.flatMap({ Int64(verifier: $0) }) else { return false }
        return number < 0 || number > 0xFFFF
    }

    /// Whether what wrote the register last was `r1 = 0`: kernels before 4.9 show no state there.
    private func isSetToZero(_ register: Int) -> Bool {
        let write = path.steps.dropLast().last { $0.operation.writes(register) }
        return write?.operation == .set(register, 0)
    }

    /// Whether the register was loaded from a stack slot that the log shows to hold zeros.
    private func isReloadedZero(_ register: Int) -> Bool {
        let steps = path.steps.dropLast()
        guard let load = steps.lastIndex(where: { $0.operation.writes(register) }),
            case .load(_, Self.framePointer, let offset, 8) = steps[load].operation
        else { return false }
        for step in steps[..<load].reversed() {
            if case .store(Self.framePointer, offset, _, _) = step.operation { return false }
            guard let state = step.states.last(where: { $0.place == .stack(offset) }) else { continue }
            return state.slots == "00000000" || state.isScalar && state.constant == 0
        }
        return false
    }

    fileprivate var isTruncated: Bool {
        switch value?.view {
        case .extended?, .shifted?, .lower?: true
        case .whole?, nil: false
        }
    }

    /// What the program got in r1, and added to.
    fileprivate var isMovedContext: Bool {
        guard isWhole, let value, value.offset != 0, tracer.origins[value.origin] == nil else { return false }
        return tracer.stays(of: value).first?.location == .register(1)
    }

    fileprivate var isReadAddress: Bool {
        guard let value, let origin = tracer.origins[value.origin], value.view == .whole else { return false }
        switch path.steps[origin].operation {
        case .load(_, _, _, let bytes): return bytes == 8
        case .call: return true
        default: return false
        }
    }

    /// Fields of 8 bytes are those of tracing programs, which have no others at 4 bytes from each other.
    fileprivate var isMergedLoad: Bool {
        // A store is only told from one to a field of 8 bytes by its alignment.
        if case .store(_, let offset, 8, _)? = refused?.operation { return offset % 8 != 0 }
        guard case .load(_, let context, let offset, 8)? = refused?.operation else { return false }
        if offset % 8 != 0 { return true }
        let origin = tracer.value(of: context)?.origin
        return path.steps.indices.dropLast().suffix(Self.stepsBefore).contains { place in
            guard case .load(_, let base, _, let bytes) = path.steps[place].operation, bytes < 8 else { return false }
            return base == context || ValueTracer(path.cut(after: place)).value(of: base)?.origin == origin
        }
    }

    /// What belongs together stands close, and each step that is looked at is traced from the start.
    private static let stepsBefore = 128

    fileprivate var comparesLengths: Bool {
        path.steps.indices.suffix(Self.stepsBefore).contains { place in
            guard case .arithmetic(let target, "-=", .register(let other), _) = path.steps[place].operation else {
                return false
            }
            let before = path.cut(after: place)
            return [target, other].contains { register in
                before.state(of: register)?.type.hasPrefix("pkt") == true
            } || path.steps[place].states.contains { $0.type.hasPrefix("pkt") && $0.place == .register(other) }
        }
    }

    fileprivate func hasNegativeOffset(of line: String) -> Bool {
        guard let register = RegisterState.number(namedIn: line) else { return false }
        if let state = path.state(of: register), !state.isScalar {
            if (state.detail("smin") ?? state.detail("smin_value"))?.hasPrefix("-") == true { return true }
        }
        for step in path.steps.dropLast().reversed() where step.operation.writes(register) {
            if case .arithmetic(_, "-=", .register, _) = step.operation { return true }
            return false
        }
        return false
    }

    fileprivate func holdsPointer(inSlotOf line: String) -> Bool {
        guard let offset = Self.number(after: "off ", in: line[...]) else { return false }
        for place in path.steps.indices.dropLast().reversed() {
            let step = path.steps[place]
            if let state = step.states.last(where: { $0.place == .stack(offset) }) {
                return !state.type.isEmpty && !state.isScalar
            }
            if case .store(Self.framePointer, offset, 8, let value) = step.operation {
                guard case .register(let register) = value else { return false }
                return isPointer(register, at: place)
            }
        }
        return false
    }

    /// Whether the log shows a pointer in the register, or the lookup that returned one.
    private func isPointer(_ register: Int, at place: Int) -> Bool {
        let before = path.cut(after: place)
        if let state = before.state(of: register) { return !state.type.isEmpty && !state.isScalar }
        guard let value = ValueTracer(before).value(of: register), let origin = tracer.origins[value.origin],
            case .call(let helper) = before.steps[origin].operation
        else { return false }
        return helper == "1" || helper.hasPrefix("bpf_map_lookup_elem#")
    }

    private static let framePointer = 10

    /// Source: Linux `BPF_COMPLEXITY_LIMIT_INSNS`: 32768 in 4.4, later 65536, 98304 and 131072, a million since 5.2.
    fileprivate var isLimitReached: Bool {
        guard let count = statistics?.instructions else { return false }
        if let limit = statistics?.limit { return count >= limit }
        return [32_768, 65_536, 98_304, 131_072, 1_000_000].contains { count == $0 || count == $0 + 1 }
    }

    /// `code size 12 insns` of libbpf's debug messages, `insn_cnt=12` of strace.
    ///
    /// Source: Linux `BPF_MAXINSNS`, the limit before 5.2 and without CAP_BPF; libbpf 0.1 to 1.6 `bpf_object__add_programs`.
    fileprivate var isShort: Bool {
        let lengths = remarks.compactMap { line -> Int? in
            let bytes = line.text.utf8.span
            for word: StaticString in ["code size ", "insn_cnt="] {
                if let place = bytes.firstIndex(of: word, from: 0) {
                    return bytes.number(from: place + word.utf8CodeUnitCount)?.value
                }
            }
            return nil
        }
        return lengths.max().map { $0 < 4096 } ?? false
    }

    /// The register of the refused access, or the one that the message names.
    private func accessed(in line: String) -> Int? { base ?? RegisterState.number(namedIn: line) }

    /// -8 of `off -8+0 size 4`, after `off `.
    private static func number(after word: String, in text: Substring) -> Int? {
        text.firstRange(of: word).flatMap { Int(text[$0.upperBound...].prefix { $0 == "-" || $0.isNumber }) }
    }
}
