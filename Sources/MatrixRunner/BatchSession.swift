internal import Machine

/// Which cells of a batch still have to run, and under what circumstances.
///
/// Most batches need one round. A cell that brings its guest down is run once more, alone, in a freshly booted guest,
/// and only what happens there counts: QEMU and a busy host can ruin a guest, and that must not become a verdict about a
/// probe. A cell that wants more memory than guests have gets a large one.
struct BatchSession {
    struct Round {
        var cells: [PlannedCell]
        var isSecondChance = false
        var needsMemory = false

        /// Whether `evidence` sends the cell into another round.
        func willRepeat(_ evidence: Evidence) -> Bool {
            if evidence.endedTheGuest { return !isSecondChance }
            return evidence.lacksMemory && !needsMemory && !isSecondChance
        }
    }

    private var waiting: [PlannedCell]
    private var secondChances: [PlannedCell] = []
    private var memoryHungry: [PlannedCell] = []
    private var hasTriedAgain = false

    init(cells: [PlannedCell]) { waiting = cells }

    func nextRound() -> Round? {
        if !waiting.isEmpty { return Round(cells: waiting) }
        if let cell = secondChances.first { return Round(cells: [cell], isSecondChance: true) }
        if !memoryHungry.isEmpty { return Round(cells: memoryHungry, needsMemory: true) }
        return nil
    }

    /// One retry a batch: a guest that does not come up twice will not come up.
    mutating func mayTryAgain() -> Bool {
        defer { hasTriedAgain = true }
        return !hasTriedAgain
    }

    mutating func finished(_ outcome: GuestSitting.Outcome, of round: Round) {
        drop(round)
        // A guest that came up may be followed by one that needs a retry of its own.
        hasTriedAgain = false
        secondChances += outcome.secondChances
        if round.needsMemory {
            memoryHungry = outcome.unmeasured
        } else {
            waiting = outcome.unmeasured
            memoryHungry += outcome.memoryHungry
        }
    }

    mutating func drop(_ round: Round) {
        if round.isSecondChance {
            secondChances.removeFirst()
        } else if round.needsMemory {
            memoryHungry = []
        } else {
            waiting = []
        }
    }
}
