import MatrixModel

/// What the failing path shows about a message that has several reasons.
///
/// The raw values are those of the key `when` of the catalogue.
enum PathCondition: String, Decodable, CaseIterable {
    /// The pointer was compared with NULL through another register or before it was reloaded.
    case copyChecked = "copy-checked"
    /// The register holds 0: this is the path on which the pointer is NULL.
    case isNull = "is-null"
    /// The value went through a 32-bit move or shift.
    case truncated
    /// The context pointer with an offset added.
    case movedContext = "moved-context"
    /// An address that was read from memory or returned by a helper.
    case readAddress = "read-address"
    /// An 8-byte load or store of the context of a program whose fields have 4 bytes.
    case mergedLoad = "merged-load"
    /// The refused instruction stores.
    case isStore = "is-store"
    /// A length was computed from two packet pointers and compared instead of the pointers.
    case lengthCompared = "length-compared"
    /// The offset may be negative, as after a subtraction.
    case negativeOffset = "negative-offset"
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

    /// Whether it holds of the failure that `line` reports.
    func holds(of line: String, _ evidence: FailureEvidence) -> Bool {
        switch self {
        case .copyChecked: evidence.isCopyChecked
        case .isNull: evidence.isNull
        case .truncated: evidence.isTruncated
        case .movedContext: evidence.isMovedContext
        case .readAddress: evidence.isReadAddress
        case .mergedLoad: evidence.isMergedLoad
        case .isStore: evidence.refused?.instruction.kind == .store
        case .lengthCompared: evidence.comparesLengths
        case .negativeOffset: evidence.hasNegativeOffset(of: line)
        case .pointerInSlot: evidence.holdsPointer(inSlotOf: line)
        case .inSubprogram: evidence.refused?.operation == .exit && evidence.endsInCallee
        case .limitReached: evidence.isLimitReached
        case .withoutEnd: !evidence.path.steps.isEmpty && evidence.statistics == nil
        case .shortProgram: evidence.isShort
        case .foreignHelper: Self.isForeign(helperOf: line)
        case .noLog: evidence.path.steps.isEmpty && evidence.statistics == nil
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

    fileprivate var isNull: Bool {
        guard let base else { return false }
        if let state = path.state(of: base) { return state.isScalar && state.constant == 0 }
        return isSetToZero(base) || isReloadedZero(base)
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
        guard let register = Self.register(in: line) else { return false }
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
        guard let word = line.firstRange(of: "off "), let offset = Self.number(at: line[word.upperBound...]) else {
            return false
        }
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

    /// `R5` of `R5 unbounded memory access, …`.
    private static func register(in line: String) -> Int? {
        line.split(separator: " ").lazy.compactMap { $0.hasPrefix("R") ? Int($0.dropFirst()) : nil }.first
    }

    /// -8 of `-8+0 size 4`.
    private static func number(at text: Substring) -> Int? {
        Int(text.prefix { $0 == "-" || $0.isNumber })
    }
}
