/// An instruction in the verifier's trace: `12: (79) r5 = *(u64 *)(r10 -8)  ; R5_w=scalar() R10=fp0`.
package struct Instruction: Sendable, Equatable {
    package enum Kind: Sendable, Hashable { case alu, load, store, jump, call, exit }

    /// An operand that an instruction reads or writes.
    package enum Operand: Sendable, Hashable {
        /// `r5`, or its lower half `w5`.
        case register(Int)
        /// `*(u64 *)(r10 -8)`: `size` bytes at `base` plus `offset`.
        case memory(base: Int, offset: Int, size: Int)
        case immediate(Int64)
    }

    /// Counted from the start of the object's program, as jumps count: a 64-bit constant takes two.
    package let index: Int
    /// The first byte of the encoding, which determines `kind`, `size` and `is32Bit`.
    package let opcode: UInt8
    /// Without index, opcode and state: `r5 = *(u64 *)(r10 -8)`.
    package let text: Substring

    /// - Parameter line: As the log has it, without its line feed.
    init?(line: Substring) {
        let bytes = line.utf8.span
        let start = bytes.end(ofRun: 0x20, from: 0)
        guard let number = bytes.number(from: start), bytes.hasPrefix(": (", at: number.end),
            bytes.count > number.end + 5, bytes.hasPrefix(")", at: number.end + 5),
            let opcode = UInt8(Substring(line.utf8.dropFirst(number.end + 3).prefix(2)), radix: 16)
        else { return nil }
        let body = line.utf8.dropFirst(number.end + 6)
        let end = body.firstIndex(of: UInt8(ascii: ";")) ?? Self.endOfText(in: line) ?? body.endIndex
        index = number.value
        self.opcode = opcode
        text = Substring(Substring(body[..<end]).trimmed)
    }

    /// The position of the colon after an instruction's text, where a summary continues with the verifier's message;
    /// `nil` if there is none.
    static func endOfText(in line: Substring) -> String.Index? {
        let bytes = line.utf8
        guard let opcode = bytes.firstIndex(of: UInt8(ascii: ")")) else { return nil }
        let body = bytes[opcode...].prefix { $0 != UInt8(ascii: ";") }
        return zip(body.indices, body.indices.dropFirst()).first {
            body[$0] == UInt8(ascii: ":") && body[$1] == UInt8(ascii: " ")
        }?.0
    }

    /// Source: include/uapi/linux/bpf_common.h and bpf.h, `BPF_CLASS` and `BPF_OP`.
    package var kind: Kind {
        switch opcode & 0x07 {
        case 0x00, 0x01: .load
        // Of the atomic ones those that fetch write a register, with which their text begins.
        case 0x02, 0x03: text.utf8.first == UInt8(ascii: "r") ? .load : .store
        case 0x04, 0x07: .alu
        default:
            switch opcode & 0xF0 {
            case 0x80 where opcode & 0x07 == 0x05: .call
            case 0x90 where opcode & 0x07 == 0x05: .exit
            default: .jump
            }
        }
    }

    /// Whether it works on lower halves: `w1 += w2`, before 5.1 `(u32) r1 += (u32) r2`, or compares them.
    package var is32Bit: Bool { opcode & 0x07 == 0x04 || opcode & 0x07 == 0x06 }

    /// What is written; of a conditional jump the left side of the comparison; `nil` for `goto`, `call` and `exit`.
    package var destination: Operand? {
        switch kind {
        case .store: memory ?? registers.first.map(Operand.register)
        case .alu, .load: registers.first.map(Operand.register)
        case .jump: isConditional ? registers.first.map(Operand.register) : nil
        case .call, .exit: nil
        }
    }

    /// The operand that is read in addition to the destination; for a conditional jump, the right side of the
    /// comparison.
    package var source: Operand? {
        switch kind {
        case .load: memory ?? immediate
        case .alu where opcode & 0x08 != 0, .jump where opcode & 0x08 != 0 && isConditional:
            registers.dropFirst().first.map(Operand.register)
        case .store where opcode & 0x07 == 0x03: registers.last.map(Operand.register)
        case .alu, .store: immediate
        case .jump: isConditional ? immediate : nil
        case .call, .exit: nil
        }
    }

    /// `=`, `+=`, `s>>=`; of a conditional jump `==`, `s>`; `nil` for `goto`, `call` and `exit`.
    package var operation: Substring? {
        guard kind != .call, kind != .exit, kind != .jump || isConditional else { return nil }
        return text.split(separator: " ").first { word in
            word.utf8.allSatisfy { "=+-*/|&<>%^!s".utf8.contains($0) } && !word.utf8.elementsEqual("s".utf8)
        }
    }

    /// The instruction to which a jump or a call of the program's own function goes.
    package var target: Int? {
        guard kind == .jump || kind == .call, let place = text.firstRange(of: "pc") else { return nil }
        let digits = text[place.upperBound...].prefix { !$0.isWhitespace }
        return Int32(digits).map { index + 1 + Int($0) }
    }

    /// `bpf_loop#181` of `call bpf_loop#181`.
    package var callee: Substring? {
        guard kind == .call, text.hasPrefix("call ") else { return nil }
        return text.dropFirst(5).prefix { !$0.isWhitespace }
    }

    private var isConditional: Bool { kind == .jump && text.hasPrefix("if ") }

    /// Of a store with `BPF_ST` or `BPF_STX` and of a load: the only operand in memory.
    ///
    /// Source: kernel/bpf/disasm.c, `*(%s *)(r%d %+d)`.
    private var memory: Operand? {
        let bytes = text.utf8.span
        for open in 0..<bytes.count where bytes.hasPrefix("(r", at: open) {
            guard let base = bytes.number(from: open + 2), bytes.hasPrefix(" ", at: base.end),
                let offset = Int(Substring(text.utf8.dropFirst(base.end + 1).prefix { $0 != UInt8(ascii: ")") }))
            else { continue }
            return .memory(base: base.value, offset: offset, size: size)
        }
        return nil
    }

    /// `BPF_SIZE`: bytes that a load or store moves.
    private var size: Int {
        switch opcode & 0x18 {
        case 0x00: 4
        case 0x08: 2
        case 0x10: 1
        default: 8
        }
    }

    /// All registers of the text, in its order.
    private var registers: [Int] {
        let bytes = text.utf8.span
        var found: [Int] = []
        var previous = UInt8(ascii: " ")
        for index in 0..<bytes.count {
            if bytes[index] == UInt8(ascii: "r") || bytes[index] == UInt8(ascii: "w"), " (-[".utf8.contains(previous),
                let number = bytes.number(from: index + 1)
            {
                found.append(number.value)
            }
            previous = bytes[index]
        }
        return found
    }

    private var immediate: Operand? {
        // `if r5 s> 0x1000 goto pc+7`: the number is in the middle.
        for word in text.split(separator: " ").reversed() {
            if let number = Int64(verifier: word) { return .immediate(number) }
        }
        return nil
    }
}

extension Int64 {
    /// Decimal or, with `0x`, hexadecimal, possibly as an unsigned number.
    init?(verifier text: some StringProtocol) {
        let isNegative = text.utf8.first == UInt8(ascii: "-")
        let digits = isNegative ? text.dropFirst() : text[...]
        guard digits.utf8.starts(with: "0x".utf8) else {
            guard let value = Int64(text) ?? UInt64(text).map(Int64.init(bitPattern:)) else { return nil }
            self = value
            return
        }
        guard let bits = UInt64(digits.dropFirst(2), radix: 16) else { return nil }
        self = Int64(bitPattern: isNegative ? 0 &- bits : bits)
    }
}
