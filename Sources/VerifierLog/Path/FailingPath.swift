/// The last path that the verifier followed, up to the instruction that it rejected.
///
/// Logs of 4.4 to 5.7 contain every path that was tried, later ones only the last one (at level 1). A path that starts
/// at a branch continues from where that branch was taken.
struct FailingPath {
    struct Step {
        let instruction: Instruction
        let operation: Operation
        /// The source line that the log last named.
        let source: String?
        /// The registers that the log shows after it, which may not be all of them.
        var states: [RegisterState] = []
        /// Where a path went on that had been put aside here.
        var resumed: Int?
    }

    private(set) var steps: [Step] = []
    /// Whether a function is verified by itself from here on.
    private var beginsFunction = false
    /// Whether the last function that is verified by itself was refused.
    private(set) var isOfGlobalFunction = false
    /// Whether the steps begin where the program or the function begins; else what led to the first of them is missing.
    private(set) var isWhole = false

    /// - Parameter lines: Of a log; what is no instruction, state or branch is passed over, and so are the totals and the report.
    init(in lines: [Line]) {
        var source: String?
        // Whether lines were left out below the last instruction, and whether verifier output continues below them.
        var (isInterrupted, isEndMissing) = (false, false)
        for line in lines {
            if line.hasPrefix(KernelReport.title) { break }
            if Truncation.isMark(line) {
                isInterrupted = true
            } else if line.kind == .instruction {
                isInterrupted = false
                isEndMissing = false
            } else if isInterrupted, [.state, .precision, .message].contains(line.kind), !line.isPunctuation {
                isEndMissing = true
                continue
            }
            switch line.kind {
            case .source: source = line.shownSource
            case .instruction:
                guard let instruction = line.instruction else { continue }
                if steps.isEmpty { isWhole = instruction.index == 0 || beginsFunction }
                steps.append(
                    Step(
                        instruction: instruction, operation: Operation(instruction), source: source,
                        states: line.registers))
            case .state:
                if !steps.isEmpty { steps[steps.count - 1].states += line.registers }
            case .branch, .pruned:
                if let branch = line.branch { resume(from: branch.origin, to: branch.target, line.registers) }
            case .note:
                // Since 5.6, global functions are verified on their own: `Validating fill() func#1...`.
                if line.hasPrefix("Validating ") {
                    steps = []
                    beginsFunction = true
                    isOfGlobalFunction = true
                } else if line.hasPrefix("Func#"),
                    line.text.hasSuffix("is safe for any args that match its prototype")
                {
                    steps = []
                    beginsFunction = false
                    isOfGlobalFunction = false
                }
            case .blank, .total, .precision, .types, .loader, .message: continue
            }
        }
        // The instruction that was refused is not among them.
        if isEndMissing { steps = [] }
    }

    /// Back to the latest time at `origin` that was not gone on from yet.
    private mutating func resume(from origin: Int, to target: Int, _ states: [RegisterState]) {
        guard let place = steps.lastIndex(where: { $0.instruction.index == origin && $0.resumed == nil }) else {
            steps = []
            beginsFunction = false
            return
        }
        steps.removeSubrange((place + 1)...)
        steps[place].resumed = target
        steps[place].states = states
    }

    /// The same path, as if it had ended at `place`.
    func cut(after place: Int) -> FailingPath {
        var path = self
        path.steps.removeSubrange((place + 1)...)
        return path
    }

    /// Whether the jump at `place` was taken; `nil` for what is no jump, and for a jump to the next instruction.
    func isTaken(at place: Int) -> Bool? {
        let step = steps[place]
        guard step.instruction.kind == .jump, let target = step.instruction.target,
            target != step.instruction.index + 1
        else { return nil }
        let next = step.resumed ?? (place + 1 < steps.count ? steps[place + 1].instruction.index : nil)
        return next.map { $0 == target }
    }

    /// The step as the log has it, with its source line.
    func words(at place: Int, note: String? = nil) -> String {
        let step = steps[place]
        // A message can stand behind a jump on the same line.
        var text = step.instruction.text
        if let jump = text.firstRange(of: " goto pc"), let end = text[jump.upperBound...].firstIndex(of: " ") {
            text = text[..<end]
        }
        let source = step.source.map { " ; \($0)" } ?? ""
        return "\(step.instruction.index): \(text)\(note.map { " (\($0))" } ?? "")\(source)"
    }

    /// The last logged state of a register before the last step, if nothing wrote to it since.
    func state(of register: Int) -> RegisterState? {
        for place in steps.indices.dropLast().reversed() {
            if let state = steps[place].states.last(where: { $0.place == .register(register) }) { return state }
            if steps[place].operation.writes(register) { return nil }
        }
        return nil
    }
}
