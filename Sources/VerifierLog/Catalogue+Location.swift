package import MatrixModel

extension Catalogue {
    /// The source line that was rejected, or the first line of the program if the log names no instruction.
    ///
    /// `cause` is the cause of `log` or of the loader's messages with it; `stage` is the stage at which the program
    /// failed. Maps, and objects that cannot be opened, have no location in a program.
    ///
    /// - Returns: `nil` if `lines` does not contain the program, or does not match the log.
    package func location(
        of cause: Cause, in log: LogSummary, stage: Stage, program: String, lines: LineTable
    ) -> CodeLocation? {
        guard stage >= .load, let table = lines.programs[program] else { return nil }
        let isOfInstruction = stage == .load && self[id: cause.id]?.isOfProgram != true
        guard isOfInstruction, let refusal = Refusal(of: cause, in: log.lines) else { return table.lines.first?.known }
        guard refusal.agrees(with: table) else { return nil }
        if refusal.instruction < table.opcodes.count {
            let line = table.lines.last { $0.instruction <= refusal.instruction }
            return line.flatMap { refusal.isSource(of: $0) ? $0.known : nil }
        }
        // In a function, which the loader placed behind the program in an order of its own, only the text identifies
        // the line.
        guard refusal.source != nil else { return nil }
        let places = Set(lines.functions.filter(refusal.isSource).compactMap(\.known))
        return places.count == 1 ? places.first : nil
    }
}

extension LineTable.Line {
    /// `nil` for instructions that the compiler added.
    fileprivate var known: CodeLocation? { location.line > 0 ? location : nil }
}

/// The instruction that a verifier's message is about.
private struct Refusal {
    private(set) var instruction: Int
    /// For example `return n; @ probe.c:4`; `nil` on kernels that do not print sources.
    private(set) var source: String?
    private var shown: [Instruction]

    /// `nil` if the message is not from the log, or neither the log nor the message names an instruction.
    init?(of cause: Cause, in lines: [Line]) {
        let end = lines.firstIndex { $0.hasPrefix(KernelReport.title) } ?? lines.endIndex
        guard lines.contains(where: { $0.text.trimmed.hasSuffix(cause.line) }) else { return nil }
        shown = []
        for line in lines[..<end].reversed() where shown.count < Self.shownAtMost {
            if let instruction = line.instruction { shown.append(instruction) }
        }
        if let last = shown.first {
            instruction = last.index
            source = DecidingMessage(in: lines)?.source
        } else if let number = Self.instruction(namedIn: cause.line) {
            instruction = number
        } else {
            return nil
        }
    }

    /// Enough to detect that a log and an object do not belong together.
    private static let shownAtMost = 64

    /// 14 of `unreachable insn 14`, 13 of `back-edge from insn 13 to 6`: printed before any instruction is verified.
    private static func instruction(namedIn line: String) -> Int? {
        line.firstRange(of: " insn ").flatMap { Int(line[$0.upperBound...].prefix { $0.isNumber }) }
    }

    /// Whether every instruction in the log matches the object's instruction at that index.
    ///
    /// A loader that inserts instructions would shift all that follow.
    func agrees(with program: LineTable.Program) -> Bool {
        shown.allSatisfy { shown in
            guard shown.index < program.opcodes.count else { return true }
            return shown.isPoisoned || Self.kept(shown.opcode) == Self.kept(program.opcodes[shown.index])
        }
    }

    func isSource(of line: LineTable.Line) -> Bool {
        guard let source else { return true }
        let name = line.location.file.split(separator: "/").last ?? ""
        return source == line.text || source == "\(line.text) @ \(name):\(line.location.line)"
    }

    /// CO-RE adapts the size of a load or store, `BPF_SIZE`, to the kernel's field.
    ///
    /// Source: libbpf 1.4 `bpf_core_patch_insn`; Linux `include/uapi/linux/bpf_common.h`.
    private static func kept(_ opcode: UInt8) -> UInt8 { opcode & 0x07 < 0x04 ? opcode & 0xE7 : opcode }
}

extension Instruction {
    /// Whether a loader inserted an invalid call because it found no field, function or symbol.
    ///
    /// Source: libbpf 1.4 `bpf_core_poison_insn`, `poison_kfunc_call`; cilium/ebpf and Aya use the same call.
    fileprivate var isPoisoned: Bool { opcode == 0x85 && text.hasPrefix("call unknown#") }
}
