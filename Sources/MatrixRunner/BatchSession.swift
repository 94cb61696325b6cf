internal import Machine

/// Which cells of a batch still have to run, and under what circumstances.
///
/// Most batches need one round. Cells with other modules get a guest of their own: a module changes what every later cell
/// would meet. A cell that brings its guest down is run once more, alone, in a freshly booted guest,
/// and only what happens there counts: QEMU and a busy host can ruin a guest, and that must not become a verdict about a
/// probe. A cell that wants more memory than guests have gets a large one.
struct BatchSession {
    struct Round {
        var cells: [PlannedCell]
        var isSecondChance = false
        var needsMemory = false

        /// What every cell of the round wants, in the order of insertion.
        var modules: [GuestModule] { cells.first?.modules ?? [] }

        /// Whether `evidence` sends the cell into another round.
        func willRepeat(_ evidence: Evidence) -> Bool {
            if evidence.isDoubtful { return !isSecondChance }
            return evidence.lacksMemory && !needsMemory && !isSecondChance
        }
    }

    private var waiting: [PlannedCell]
    private var secondChances: [PlannedCell] = []
    private var memoryHungry: [PlannedCell] = []
    private var hasTriedAgain = false

    init(cells: [PlannedCell]) { waiting = cells }

    func nextRound() -> Round? {
        if !waiting.isEmpty { return Round(cells: Self.fitForOneGuest(waiting)) }
        if let cell = secondChances.first { return Round(cells: [cell], isSecondChance: true) }
        if !memoryHungry.isEmpty { return Round(cells: Self.fitForOneGuest(memoryHungry), needsMemory: true) }
        return nil
    }

    /// The first cell and all that want the same modules.
    private static func fitForOneGuest(_ cells: [PlannedCell]) -> [PlannedCell] {
        cells.filter { $0.modules == cells.first?.modules }
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
            memoryHungry = outcome.unmeasured + memoryHungry
        } else {
            waiting = outcome.unmeasured + waiting
            memoryHungry += outcome.memoryHungry
        }
    }

    mutating func drop(_ round: Round) {
        let done = Set(round.cells)
        if round.isSecondChance {
            secondChances.removeFirst()
        } else if round.needsMemory {
            memoryHungry.removeAll(where: done.contains)
        } else {
            waiting.removeAll(where: done.contains)
        }
    }
}
