/// Follows every number along the failing path: what is a copy of what, and what was compared.
struct ValueTracer {
    private(set) var checks: [TracedCheck] = []
    /// The origins of values of which a masked copy was made.
    private(set) var masked: Set<Int> = []
    /// By origin, the step that made it; missing for what was there at the start.
    private(set) var origins: [Int: Int] = [:]
    private var history = TracedHistory()
    private let steps: [FailingPath.Step]
    private let path: FailingPath
    private var frame = Frame()
    private var callers: [Frame] = []
    private var lastOrigin = 0

    private struct Frame {
        var registers: [Int: TracedValue] = [:]
        var slots: [Int: TracedValue] = [:]
    }

    private static let framePointer = 10

    /// Goes up to the last step, which is not done any more.
    init(_ path: FailingPath) {
        self.path = path
        steps = path.steps
        for place in steps.indices.dropLast() { follow(at: place) }
    }

    /// The value of a register at the step that was refused.
    func value(of register: Int) -> TracedValue? { frame.registers[register] }

    /// Where `value` has been, first to last.
    func stays(of value: TracedValue) -> [TracedValue.Stay] { history.stays(of: value) }

    private mutating func follow(at place: Int) {
        switch steps[place].operation {
        case .copy(let target, let source, let isWide): copy(source, to: target, isWide: isWide, at: place)
        case .extend(let target, let source):
            put(value(source, at: place).map { seen($0, as: .extended(step: place)) }, in: target, at: place)
        case .set(let target, let number): put(fresh(at: place, constant: number), in: target, at: place)
        case .arithmetic(let target, let sign, let operand, let isWide):
            if sign == "&=", let value = value(target, at: place) { masked.insert(value.origin) }
            put(result(of: target, sign, operand, isWide: isWide, at: place), in: target, at: place)
        case .load(let target, let base, let offset, let bytes):
            let slot = base == Self.framePointer && bytes == 8 ? frame.slots[offset] : nil
            put(slot, in: target, at: place)
        case .store(let base, let offset, let bytes, let operand):
            if base == Self.framePointer { store(operand, offset: offset, bytes: bytes, at: place) }
        case .compare(let register, let sign, let operand, let isWide):
            compare(register, sign, operand, isWide: isWide, at: place)
        case .call:
            for register in 0...5 { put(nil, in: register, at: place) }
        case .enter:
            callers.append(frame)
            frame = Frame(registers: frame.registers.filter { (1...5).contains($0.key) })
        case .exit: leave(at: place)
        case .other(let target):
            if let target { put(nil, in: target, at: place) }
        }
    }

    private mutating func leave(at place: Int) {
        guard var caller = callers.popLast() else { return }
        caller.registers[0] = frame.registers[0]
        frame = caller
        for register in 1...5 { put(nil, in: register, at: place) }
    }

    private mutating func copy(_ source: Int, to target: Int, isWide: Bool, at place: Int) {
        guard let value = value(source, at: place) else { return }
        put(isWide || value.constant != nil ? value : seen(value, as: .extended(step: place)), in: target, at: place)
    }

    private mutating func result(
        of register: Int, _ sign: String, _ operand: Operation.Operand, isWide: Bool, at place: Int
    ) -> TracedValue? {
        guard isWide, case .number(let number) = operand, let value = value(register, at: place) else { return nil }
        switch (sign, number, value.view) {
        case ("+=", _, _), ("-=", _, _):
            var moved = value
            moved.offset = sign == "+=" ? value.offset &+ number : value.offset &- number
            moved.constant = nil
            return moved
        case ("<<=", 32, .whole): return seen(value, as: .shifted(step: place))
        case ("s>>=", 32, .shifted), (">>=", 32, .shifted): return seen(value, as: .extended(step: place))
        default: return nil
        }
    }

    private mutating func store(_ operand: Operation.Operand, offset: Int, bytes: Int, at place: Int) {
        for slot in frame.slots.keys where slot < offset + bytes && slot + 8 > offset { frame.slots[slot] = nil }
        guard bytes == 8 else { return }
        let stored =
            switch operand {
            case .register(let register): value(register, at: place)
            case .number(let number): Optional(fresh(at: place, constant: number))
            }
        frame.slots[offset] = stored.map { history.move($0, to: .stack(offset), at: place) }
    }

    private mutating func compare(
        _ register: Int, _ sign: String, _ operand: Operation.Operand, isWide: Bool, at place: Int
    ) {
        guard let relation = Relation(sign), let isTaken = path.isTaken(at: place),
            let left = value(register, at: place)
        else { return }
        let holds = isTaken ? relation : relation.negated
        func view(_ value: TracedValue) -> TracedValue { isWide ? value : seen(value, as: .lower) }
        switch operand {
        case .number(let number):
            checks.append(
                TracedCheck(step: place, value: view(left), register: register, holds: holds, against: .number(number)))
        case .register(let other):
            guard let right = value(other, at: place) else { return }
            checks.append(
                TracedCheck(
                    step: place, value: view(left), register: register, holds: holds, against: Self.against(right)))
            checks.append(
                TracedCheck(
                    step: place, value: view(right), register: other, holds: holds.exchanged,
                    against: Self.against(left)))
        }
    }

    private static func against(_ value: TracedValue) -> TracedCheck.Against {
        value.constant.map { .number($0) } ?? .value(origin: value.origin, offset: value.offset)
    }

    private func seen(_ value: TracedValue, as view: TracedValue.View) -> TracedValue {
        var value = value
        value.view = view
        return value
    }

    /// The value of a register; a unique one if unknown.
    private mutating func value(_ register: Int, at place: Int) -> TracedValue? {
        guard register != Self.framePointer else { return nil }
        if let known = frame.registers[register] { return known }
        put(nil, in: register, at: -1)
        return frame.registers[register]
    }

    private mutating func put(_ value: TracedValue?, in register: Int, at place: Int) {
        frame.registers[register] = history.move(value ?? fresh(at: place), to: .register(register), at: place)
    }

    private mutating func fresh(at place: Int, constant: Int64? = nil) -> TracedValue {
        lastOrigin += 1
        if place >= 0 { origins[lastOrigin] = place }
        return TracedValue(origin: lastOrigin, constant: constant)
    }
}
