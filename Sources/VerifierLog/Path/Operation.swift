/// What an instruction does to registers and the stack, as far as following a number needs it.
enum Operation: Equatable {
    enum Operand: Equatable {
        case register(Int)
        case number(Int64)
    }

    /// `r1 = r2`; `isWide` is false for `w1 = w2`, which clears the upper half.
    case copy(to: Int, from: Int, isWide: Bool)
    /// `r1 = (s32)r2`.
    case extend(to: Int, from: Int)
    case set(Int, Int64)
    /// `r1 += -1`, with the operator as written.
    case arithmetic(Int, String, Operand, isWide: Bool)
    case load(Int, base: Int, offset: Int, bytes: Int)
    case store(base: Int, offset: Int, bytes: Int, Operand)
    /// `if r1 s> 0x80 goto pc+7`.
    case compare(Int, String, Operand, isWide: Bool)
    /// A helper or kfunc, as the log names it: `bpf_loop#181`.
    case call(String)
    /// A function of the program.
    case enter
    case exit
    /// Anything else, and the register that it may write.
    case other(writes: Int?)

    init(_ instruction: Instruction) {
        switch instruction.kind {
        case .exit: self = .exit
        case .call: self = instruction.target == nil ? .call(String(instruction.callee ?? "")) : .enter
        case .jump: self = Self.comparison(instruction) ?? .other(writes: nil)
        case .store: self = Self.store(instruction) ?? .other(writes: nil)
        case .load: self = Self.load(instruction) ?? .other(writes: instruction.writtenRegister)
        case .alu: self = Self.arithmetic(instruction) ?? .other(writes: instruction.writtenRegister)
        }
    }

    func writes(_ register: Int) -> Bool {
        switch self {
        case .copy(let target, _, _), .extend(let target, _), .set(let target, _), .arithmetic(let target, _, _, _),
            .load(let target, _, _, _):
            target == register
        case .store, .compare, .exit: false
        case .call, .enter: (0...5).contains(register)
        case .other(let target): target == register
        }
    }

    private static func comparison(_ instruction: Instruction) -> Operation? {
        guard case .register(let left)? = instruction.destination, let operation = instruction.operation,
            let right = Operand(instruction.source)
        else { return nil }
        return .compare(left, String(operation), right, isWide: !instruction.is32Bit)
    }

    private static func store(_ instruction: Instruction) -> Operation? {
        guard case .memory(let base, let offset, let bytes)? = instruction.destination,
            instruction.operation == "=", let value = Operand(instruction.source)
        else { return nil }
        return .store(base: base, offset: offset, bytes: bytes, value)
    }

    private static func load(_ instruction: Instruction) -> Operation? {
        guard let target = instruction.writtenRegister else { return nil }
        switch instruction.source {
        case .memory(let base, let offset, let bytes)? where instruction.operation == "=":
            return .load(target, base: base, offset: offset, bytes: bytes)
        case .immediate(let number)?: return .set(target, number)
        default: return nil
        }
    }

    private static func arithmetic(_ instruction: Instruction) -> Operation? {
        guard let target = instruction.writtenRegister, let operation = instruction.operation else { return nil }
        if let cast = instruction.text.firstRange(of: "(s32)r"), let source = Int(instruction.text[cast.upperBound...])
        {
            return .extend(to: target, from: source)
        }
        guard let operand = Operand(instruction.source) else { return nil }
        guard operation == "=" else {
            return .arithmetic(target, String(operation), operand, isWide: !instruction.is32Bit)
        }
        switch operand {
        case .number(let number): return .set(target, number)
        case .register(let source):
            guard !instruction.text.contains("(s") else { return nil }
            return .copy(to: target, from: source, isWide: !instruction.is32Bit)
        }
    }
}

extension Operation.Operand {
    fileprivate init?(_ operand: Instruction.Operand?) {
        switch operand {
        case .register(let register)?: self = .register(register)
        case .immediate(let number)?: self = .number(number)
        case .memory?, nil: return nil
        }
    }
}

extension Instruction {
    fileprivate var writtenRegister: Int? {
        if case .register(let register)? = destination { register } else { nil }
    }
}
