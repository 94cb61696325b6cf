/// How a length or an index that the program checked came to be one that this verifier knows no bounds of.
///
/// Each was measured on kernels on both sides of the version that changed it.
enum LengthShape: String, CaseIterable {
    /// Checked, saved on the stack, loaded again.
    case spill
    /// The same with a number that is known.
    case spilledConstant = "spilled-constant"
    /// Copied, and the copy was checked.
    case copy
    /// One less unless it is 0.
    case decrement
    /// One less, unless that is more.
    case saturating
    /// A copy plus a constant was checked.
    case linkedCopy = "linked-copy"
    /// The lower half was checked.
    case lowerHalf = "lower-half"
    /// The same, and the lower half was then extended by a sign-extending move.
    case signExtendedMove = "sign-extended-move"
    /// The lower half was extended twice, and one of the two was checked.
    case extendedTwice = "extended-twice"
    /// Checked against 0 only, where the helper that returned it is a path of its own for errors.
    case errorReturn = "error-return"
    /// The only upper bound is what the helper that returned it was given.
    case helperReturn = "helper-return"
    /// Made smaller after it was checked.
    case subtracted
    /// A copy was masked.
    case maskedCopy = "masked-copy"
    /// Loaded from a stack slot that was written before the part of the path that the log shows.
    case reloaded
    case noLowerBound = "no-lower-bound"
    case noUpperBound = "no-upper-bound"
}

/// A shape, and the steps of the failing path that show it.
struct LengthFinding {
    enum Bound { case lower, upper }

    var shape: LengthShape
    /// The register that was refused.
    var register: Int
    /// By step, what happened to the number there.
    var notes: [Int: String]

    /// `register` is a number that the last step of `path` uses, `bound` the one that the verifier misses.
    ///
    /// `nil` where the path does not show how the register came about.
    init?(of register: Int, missing bound: Bound, on path: FailingPath) {
        let tracer = ValueTracer(path)
        guard let value = tracer.value(of: register) else { return nil }
        self.register = register
        let checks = tracer.checks.filter { $0.value.origin == value.origin }
        let origin = tracer.origins[value.origin]
        let stays = tracer.stays(of: value)
        let suspect = Suspect(value: value, stays: stays, checks: checks, bound: bound)
        var shape = suspect.shapeOfConstant ?? Self.ofReturn(origin, suspect, on: path) ?? suspect.shape
        if shape == .lowerHalf, case .extended(let step) = value.view, case .extend = path.steps[step].operation {
            shape = .signExtendedMove
        }
        if shape == .noLowerBound || shape == .noUpperBound {
            // A value from before the part of the path that the log shows may well have been checked there.
            guard let origin else { return nil }
            if tracer.masked.contains(value.origin) {
                shape = .maskedCopy
            } else if path.steps.first?.instruction.index != 0, case .load(_, 10, _, 8) = path.steps[origin].operation {
                shape = .reloaded
            }
        }
        self.shape = shape
        notes = Self.notes(on: stays, checks: checks, origin: origin, path)
    }

    private static func ofReturn(_ origin: Int?, _ suspect: Suspect, on path: FailingPath) -> LengthShape? {
        guard let origin, case .call = path.steps[origin].operation, suspect.value.isUnchanged else { return nil }
        if path.steps[origin].resumed != nil, suspect.bound == .lower, !suspect.seenBounds.isEmpty {
            return .errorReturn
        }
        if suspect.bound == .upper, !suspect.hasUpperBound { return .helperReturn }
        return nil
    }

    private static func notes(
        on stays: [TracedValue.Stay], checks: [TracedCheck], origin: Int?, _ path: FailingPath
    ) -> [Int: String] {
        var notes: [Int: String] = [:]
        for stay in stays where stay.from >= 0 {
            notes[stay.from] =
                switch path.steps[stay.from].operation {
                case .store: "spilled to the stack"
                case .load: "reloaded from the stack"
                case .copy: "copied"
                default: "changed"
                }
        }
        for check in checks { notes[check.step] = "checked" }
        if let origin { notes[origin] = "origin of the number" }
        return notes
    }
}

/// A number whose bounds a verifier does not know, and what it was compared with.
private struct Suspect {
    let value: TracedValue
    let checks: [TracedCheck]
    let bound: LengthFinding.Bound
    /// First to last.
    private let stays: [TracedValue.Stay]
    private let lastStayOnStack: Int?

    init(value: TracedValue, stays: [TracedValue.Stay], checks: [TracedCheck], bound: LengthFinding.Bound) {
        self.value = value
        self.stays = stays
        self.checks = checks
        self.bound = bound
        lastStayOnStack = stays.last(where: \.isOnStack)?.from
    }

    var shapeOfConstant: LengthShape? { value.constant != nil && lastStayOnStack != nil ? .spilledConstant : nil }

    var hasUpperBound: Bool { checks.contains { $0.isUpperBound } }

    /// The checks that a reader would take for the missing bound.
    private var bounds: [TracedCheck] { checks.filter { bound == .lower ? $0.isLowerBound : $0.isUpperBound } }

    /// Those of the very same number.
    var seenBounds: [TracedCheck] { bounds.filter { $0.value.offset == value.offset && $0.value.view == value.view } }

    var shape: LengthShape {
        let same = seenBounds
        if same.contains(where: isLostOnStack) { return .spill }
        if same.contains(where: isOfCopy) { return .copy }
        if let shape = ofSubtraction { return shape }
        if bounds.contains(where: { $0.value.view == .lower && value.view != .lower }) { return .lowerHalf }
        if bounds.contains(where: { $0.value.view.isExtended && value.view.isExtended && $0.value.view != value.view })
        {
            return .extendedTwice
        }
        if bounds.contains(where: { $0.value.offset != value.offset }) { return .linkedCopy }
        return bound == .lower ? .noLowerBound : .noUpperBound
    }

    private var ofSubtraction: LengthShape? {
        let itself = checks.contains { check in
            if case .value(value.origin, let offset) = check.against { offset != check.value.offset } else { false }
        }
        if itself { return .saturating }
        let before = bounds.filter {
            $0.value.view == value.view && value.offset &- $0.value.offset < 0 && !isOfCopy($0)
        }
        guard let before = before.last else { return nil }
        return checks.contains { $0.isNotZero && $0.value.offset == before.value.offset } ? .decrement : .subtracted
    }

    /// Whether the number was checked where it then was, and lay on the stack later.
    private func isLostOnStack(_ check: TracedCheck) -> Bool {
        lastStayOnStack.map { $0 > check.step } == true && !isOfCopy(check)
    }

    private func isOfCopy(_ check: TracedCheck) -> Bool {
        location(at: check.step) != .register(check.register)
    }

    /// Where the number was when `step` was done.
    private func location(at step: Int) -> TracedValue.Location? {
        var range = stays.startIndex..<stays.endIndex
        while !range.isEmpty {
            let middle = range.lowerBound + range.count / 2
            range = stays[middle].from < step ? middle + 1..<range.upperBound : range.lowerBound..<middle
        }
        return range.lowerBound > 0 ? stays[range.lowerBound - 1].location : nil
    }
}

extension TracedValue {
    fileprivate var isUnchanged: Bool { offset == 0 && view == .whole }
}

extension TracedValue.Stay {
    fileprivate var isOnStack: Bool { if case .stack = location { true } else { false } }
}

extension TracedValue.View {
    fileprivate var isExtended: Bool { if case .extended = self { true } else { false } }
}
