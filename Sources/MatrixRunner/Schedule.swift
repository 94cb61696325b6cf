internal import Machine
internal import MatrixModel

/// Decides which guests to start and which cells each of them runs next.
///
/// A value without a clock or a machine: workers report what happened, and the schedule returns the next step. None of
/// its decisions may change a verdict, only when and in which guest it is found.
struct Schedule {
    /// A guest that a worker should start.
    struct Guest: Hashable, Sendable {
        var number: Int
        /// Index of the kernel's batch.
        var batch: Int
        var round: Round
    }

    /// What a worker without a guest does.
    enum Work: Hashable, Sendable {
        case start(Guest)
        /// Nothing can start now, but a running guest may change that.
        case wait
        case finished
    }

    /// What a guest does next.
    enum Step: Hashable, Sendable {
        case insert([GuestModule])
        case run(PlannedCell)
    }

    /// Durations that decide whether an additional guest is worthwhile, in seconds.
    ///
    /// Measured under TCG on two cores; a restored guest also has to repeat the translation of code that other guests
    /// have already translated.
    enum Cost {
        static let restore = 1.0
        static let boot = 6.0
        /// The assumed duration of a cell that was never measured.
        static let unknownCell = 0.2
    }

    /// The cells of a kernel that need the same kind of guest.
    private struct Lane {
        var batch: Int
        var round: Round
        var queue: CellQueue
        var startSeconds: Double
        /// Guests that were started and have not ended.
        var guests: Set<Int> = []
        /// Whether a guest was up, so that a snapshot exists if guests leave one.
        var wasUp = false
        var maySplit = true
        var hasFailedToStart = false
    }

    private struct Sitting {
        var lane: Int
        var modules: [GuestModule] = []
        /// Cells that were sent to the guest and have not ended, in the order in which they run.
        var underway: [CellQueue.Entry] = []
        var isClosed = false
        /// Whether the guest leaves its processor to others.
        var isIdle = false

        /// A guest never waits for its next cell, and otherwise holds back few cells that another guest could run.
        var takesMore: Bool {
            let seconds = underway.reduce(0) { $0 + $1.seconds }
            return underway.count < 2 || (underway.count < 4 && seconds < 0.5)
        }
    }

    private let start: StartPolicy
    /// The maximum number of guests at work.
    private let workingLimit: Int
    private var lanes: [Lane]
    private var sittings: [Int: Sitting] = [:]
    private var guestsStarted = 0

    /// Schedules the cells of `batches`; `expectedSeconds` contains the durations of cells that were measured before.
    init(
        _ batches: [KernelBatch], start: StartPolicy, workingLimit: Int = .max, expectedSeconds: [CellKey: Double] = [:]
    ) {
        self.start = start
        self.workingLimit = workingLimit
        lanes = batches.enumerated().map { number, batch in
            let entries = batch.cells.enumerated().map { position, cell in
                CellQueue.Entry(
                    cell: cell, seconds: expectedSeconds[cell.key] ?? Cost.unknownCell, position: position)
            }
            return Self.lane(number, .first, start: start, entries)
        }
    }

    private static func lane(_ batch: Int, _ round: Round, start: StartPolicy, _ entries: [CellQueue.Entry]) -> Lane {
        Lane(
            batch: batch, round: round, queue: CellQueue(entries),
            startSeconds: round.startPolicy(start) == .cold ? Cost.boot : Cost.restore)
    }

    // MARK: Workers without a guest

    /// The guest to start now: for the kernel with the most work and no guest, or else to share the most work of
    /// another guest.
    mutating func nextWork() -> Work {
        guard sittings.values.count(where: { !$0.isIdle }) < workingLimit else { return .wait }
        let waiting = lanes.indices.filter { !lanes[$0].queue.isEmpty }
        let unattended = waiting.filter { lanes[$0].guests.isEmpty }.max { weight(of: $0) < weight(of: $1) }
        let shared = waiting.filter(isWorthSharing).max { share(of: $0) < share(of: $1) }
        guard let lane = unattended ?? shared else { return sittings.isEmpty ? .finished : .wait }
        let guest = Guest(number: guestsStarted, batch: lanes[lane].batch, round: lanes[lane].round)
        guestsStarted += 1
        lanes[lane].guests.insert(guest.number)
        sittings[guest.number] = Sitting(lane: lane)
        return .start(guest)
    }

    /// The time that one guest would need for the lane, including a boot if there was none before.
    private func weight(of lane: Int) -> Double {
        (lanes[lane].wasUp ? lanes[lane].startSeconds : Cost.boot) + lanes[lane].queue.seconds
    }

    /// The work of each guest of the lane if there were one more.
    private func share(of lane: Int) -> Double { lanes[lane].queue.seconds / Double(lanes[lane].guests.count + 1) }

    /// Before the first guest of a kernel is up, there is no snapshot to restore.
    private func isWorthSharing(_ lane: Int) -> Bool {
        lanes[lane].wasUp && lanes[lane].maySplit && share(of: lane) >= lanes[lane].startSeconds
    }

    // MARK: Guests

    /// Notes that the guest is up.
    mutating func isUp(_ guest: Guest, start: Start) {
        guard let lane = sittings[guest.number]?.lane else { return }
        // The second guest should have been restored; this host, or this kernel, does not support it.
        if lanes[lane].wasUp, start == .cold { lanes[lane].startSeconds = Cost.boot }
        lanes[lane].wasUp = true
    }

    /// Notes whether the guest is idle, as it is while its cell waits for an event that does not come.
    ///
    /// Meanwhile another guest may use its processor.
    mutating func setIdle(_ guest: Guest, _ isIdle: Bool) { sittings[guest.number]?.isIdle = isIdle }

    /// The guest's next step.
    ///
    /// `nil` means to wait for the cells underway in the guest, or that the guest is done if there are none.
    mutating func nextStep(of guest: Guest) -> Step? {
        guard var sitting = sittings[guest.number], !sitting.isClosed else { return nil }
        defer { sittings[guest.number] = sitting }
        guard !isNeededElsewhere(sitting) else {
            sitting.isClosed = true
            return nil
        }
        if lanes[sitting.lane].queue.hasCells(wanting: sitting.modules) {
            guard sitting.takesMore, let entry = lanes[sitting.lane].queue.take(wanting: sitting.modules) else {
                return nil
            }
            sitting.underway.append(entry)
            return .run(entry.cell)
        }
        // The last cell must have ended before a module changes its kernel.
        guard sitting.underway.isEmpty else { return nil }
        let others = sittings.filter { $0.key != guest.number && $0.value.lane == sitting.lane }.values
        let next = lanes[sitting.lane].queue.modules(after: sitting.modules) { modules in
            others.count { $0.modules == modules }
        }
        guard let next else { return nil }
        let missing = next.filter { !sitting.modules.contains($0) }
        sitting.modules = next
        return .insert(missing)
    }

    /// Whether a guest that shares its kernel should make room for a second round, which would otherwise end last.
    private func isNeededElsewhere(_ sitting: Sitting) -> Bool {
        let lane = lanes[sitting.lane]
        let open = lane.guests.count { sittings[$0]?.isClosed == false }
        guard open > 1 else { return false }
        let longer = lanes.indices.filter { other in
            !lanes[other].queue.isEmpty && lanes[other].guests.isEmpty
                && weight(of: other) >= lane.queue.seconds / Double(open)
        }
        return longer.count > sittings.values.count(where: \.isClosed)
    }

    /// Notes that the guest's oldest cell ended, and the round in which it is measured again if the result is not
    /// final.
    mutating func cellEnded(in guest: Guest, next round: Round?) {
        guard let lane = sittings[guest.number]?.lane, sittings[guest.number]?.underway.isEmpty == false,
            let entry = sittings[guest.number]?.underway.removeFirst()
        else { return }
        guard let round else { return }
        let batch = lanes[lane].batch
        let existing = lanes.firstIndex { $0.batch == batch && $0.round == round }
        // A second chance is only for a single cell.
        if let existing, round != .secondChance {
            lanes[existing].queue.add([entry])
        } else {
            lanes.append(Self.lane(batch, round, start: start, [entry]))
        }
    }

    /// Notes that the guest rejected the modules of its last `insert` step; it gets no further step.
    ///
    /// - Returns: The cells that therefore cannot be measured: none if another guest may succeed.
    mutating func insertionFailed(in guest: Guest, isWorthASecondTry: Bool) -> [PlannedCell] {
        guard let sitting = sittings[guest.number] else { return [] }
        sittings[guest.number]?.isClosed = true
        let others = sittings.filter { $0.key != guest.number && $0.value.lane == sitting.lane }.values
        let hasFailedBefore = lanes[sitting.lane].queue.insertionFailed(sitting.modules)
        guard !others.contains(where: { $0.modules == sitting.modules && !$0.isClosed }) else { return [] }
        guard hasFailedBefore || !isWorthASecondTry else { return [] }
        return lanes[sitting.lane].queue.removeAll(wanting: sitting.modules)
    }

    /// Notes that the guest ended; its remaining cells wait for another guest.
    mutating func isOver(_ guest: Guest) {
        guard let lane = leave(guest) else { return }
        // After a guest that was up, the next one may need its own retry.
        lanes[lane].hasFailedToStart = false
    }

    /// Notes that the guest did not start or did not respond.
    ///
    /// - Returns: The cells that therefore cannot be measured: a guest that fails to start twice will not start.
    mutating func didNotStart(_ guest: Guest, isWorthASecondTry: Bool) -> [PlannedCell] {
        guard let lane = leave(guest) else { return [] }
        guard lanes[lane].guests.isEmpty else {
            lanes[lane].maySplit = false
            return []
        }
        guard lanes[lane].hasFailedToStart || !isWorthASecondTry else {
            lanes[lane].hasFailedToStart = true
            return []
        }
        return lanes[lane].queue.removeAll()
    }

    private mutating func leave(_ guest: Guest) -> Int? {
        guard let sitting = sittings.removeValue(forKey: guest.number) else { return nil }
        lanes[sitting.lane].guests.remove(guest.number)
        lanes[sitting.lane].queue.add(sitting.underway)
        return sitting.lane
    }
}
