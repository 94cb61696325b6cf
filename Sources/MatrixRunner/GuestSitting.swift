internal import Foundation
internal import GuestLink
internal import Logging
internal import Machine
internal import MatrixModel
package import SystemPackage

/// Runs cells in one guest, as long as the schedule has cells for it.
struct GuestSitting {
    let guest: any Guest
    let number: Schedule.Guest
    let dispatcher: Dispatcher
    let batch: KernelBatch
    let cellLimit: Duration
    let judge: KernelJudge
    /// When the run began measuring.
    let start: ContinuousClock.Instant

    /// A cell that was sent to the guest.
    private struct Sent {
        var cell: PlannedCell
        var number: UInt32
        /// The time it may take.
        var granted: Duration
    }

    /// Returns when the guest is done or was brought down.
    ///
    /// - Throws: `MatrixRunnerError` if an object cannot be read, and what `observer` and the log archive throw. A
    ///   guest that dies or sends invalid data is evidence and not an error.
    func run(observer: some RunObserver) async throws {
        if let config = batch.config {
            // libbpf looks for it here; few kernels contain it themselves (CONFIG_IKCONFIG_PROC).
            try guest.send(.file(path: "/boot/config-\(guest.hello.release)", bytes: config.contents()))
        }
        if let btf = batch.externalBTF, !guest.hello.hasBTF {
            try guest.send(.file(path: HostFrame.externalBTFPath, bytes: btf.path.contents()))
        }
        var files = JobFiles(guest: guest)
        var sent: [Sent] = []
        var count: UInt32 = 0
        while true {
            switch await dispatcher.nextStep(of: number) {
            case .run(let cell):
                let next = Sent(cell: cell, number: count, granted: grantedLimit)
                try send(next, files: &files)
                sent.append(next)
                count += 1
            case .insert(let modules): try await insert(modules, observer: observer)
            case nil:
                guard !sent.isEmpty else { return }
                guard try await finish(sent.removeFirst(), observer: observer) else { return }
            }
        }
    }

    private func send(_ next: Sent, files: inout JobFiles) throws {
        let cell = next.cell
        if let loader = cell.loader { try files.send(loader, as: cell.key.loader) }
        for file in cell.files { try files.send(file) }
        let object = try cell.object.map { try files.send($0) }
        let plan = try cell.plan.map { try files.send($0) }
        try guest.send(
            .load(
                cell: next.number, loader: cell.key.loader, object: object ?? "", plan: plan ?? "", limit: next.granted,
                options: self.number.round == .secondChance ? cell.options.union(.alone) : cell.options))
    }

    /// Inserts `modules`, or reports to `observer` the cells that cannot be measured without them.
    private func insert(_ modules: [GuestModule], observer: some RunObserver) async throws {
        do {
            try await ModuleInsertion(guest: guest, limit: cellLimit).insert(modules)
        } catch let error as MachineError {
            let lost = await dispatcher.update {
                $0.insertionFailed(in: number, isWorthASecondTry: error.isWorthASecondTry)
            }
            for cell in lost {
                try await observer.note(judge.event(cell, .noGuest(error), release: guest.hello.release))
            }
        }
    }

    /// Waits until the cell ends, and returns whether the guest survived it.
    private func finish(_ sent: Sent, observer: some RunObserver) async throws -> Bool {
        let evidence = try await evidence(of: sent, observer: observer)
        let next = number.round.next(after: evidence)
        if let next {
            let key = sent.cell.key
            let how = next == .large ? "with more memory" : "alone in a freshly booted guest"
            Logger.current.info(
                "\(evidence.ending.summary); measuring the cell again \(how)",
                metadata: ["cell": "\(key.probe)/\(key.variant) \(key.loader)"])
        }
        // A result that will be repeated is not final.
        try await observer.note(
            next == nil
                ? judge.event(sent.cell, evidence, release: guest.hello.release) : .cellWillRepeat(sent.cell))
        await dispatcher.update { $0.cellEnded(in: number, next: next) }
        return !evidence.endedTheGuest
    }

    /// The time limit of the cell: longer than usual in a second chance on a busy host, because only there lateness
    /// becomes a verdict.
    ///
    /// The guest has just booted, which shows how busy the host is.
    private var grantedLimit: Duration {
        guard number.round == .secondChance, let time = guest.processorTime() else { return cellLimit }
        return cellLimit * min(time.slowdown, Self.longestGrant)
    }

    /// A host busier than that cannot measure anything.
    private static let longestGrant = 5.0

    private static let timeToEndALoader: Duration = .seconds(10)

    private func evidence(of sent: Sent, observer: some RunObserver) async throws -> Evidence {
        let (cell, number) = (sent.cell, sent.number)
        // The agent itself ends a loader that takes too long.
        let limit = sent.granted + Self.timeToEndALoader
        var collector = EvidenceCollector(longLogs: judge.longLogs)
        var deadline = ContinuousClock.now + limit
        let starvation = Starvation(guest, limit: cellLimit, granted: sent.granted)
        do {
            while true {
                let left = deadline - ContinuousClock.now
                guard left > .zero else { return collector.evidence(await lateness(starvation)) }
                switch try await guest.nextEvent(within: left) {
                case .frame(.log(number, let program, let source, let text)):
                    try collector.add(log: text, program: program, source: source)
                    // A log of 1 GiB takes longer than the limit of a cell, and a guest that writes one does not hang;
                    // the same applies to findings about many programs.
                    deadline = ContinuousClock.now + limit
                case .frame(.finding(number, let program, let finding)):
                    try collector.add(finding, program: program)
                    deadline = ContinuousClock.now + limit
                case .frame(.program(let report)) where report.cell == number: collector.add(report)
                case .frame(.cellEnded(number, let exit, let microseconds)):
                    collector.timing.microseconds = microseconds
                    guard exit == .overdue else { return collector.evidence(.finished(exit)) }
                    return collector.evidence(
                        starvation.reason(in: guest).map { .starved(reason: $0) } ?? .stopped(limit: cellLimit))
                case .frame(.cellBegan(number)):
                    collector.timing.queue = ContinuousClock.now - start
                    try await observer.note(.cellBegan(cell))
                case .frame(let frame): throw MachineError.protocolBroken("it sent \(frame) while cell \(number) ran")
                case .gone(.ofGuest):
                    return collector.evidence(
                        .guestGone(reason: "\(Departure.ofGuest)", console: guest.console()))
                case .gone(.ofVMM(let reason)):
                    return collector.evidence(.vmmFailed(reason: reason, console: guest.console()))
                case .silent: continue
                }
            }
        } catch let error as MachineError {
            return Evidence(
                programs: [], ending: .corrupt(reason: "\(error)", console: guest.console()), timing: collector.timing)
        }
    }

    /// Why the guest did not finish the cell: it hangs, or it did not get enough processor time.
    private func lateness(_ starvation: Starvation) async -> Evidence.Ending {
        let console = guest.console()
        if let reason = await guest.vmmTrouble() ?? starvation.reason(in: guest) {
            return .vmmFailed(reason: reason, console: console)
        }
        return .overdue(limit: cellLimit, console: console)
    }
}

/// Determines whether the host was too busy for a cell to finish in time.
private struct Starvation {
    private let limit: Duration
    private let granted: Duration
    private let start: ProcessorTime?

    /// Starts watching `guest`, in which a cell has the time limit `limit`, extended to `granted` because the host is
    /// busy.
    init(_ guest: any Guest, limit: Duration, granted: Duration) {
        self.limit = limit
        self.granted = granted
        start = guest.processorTime()
    }

    /// The part of its limit that a cell must have had without waiting for a processor, for its lateness to count.
    ///
    /// Less than all of it, because the wait is that of the whole guest.
    private static let neededShare = 0.5

    /// Why the cell could not finish in time: the guest waited for a processor for most of the limit.
    func reason(in guest: any Guest) -> String? {
        guard let start, let end = guest.processorTime() else { return nil }
        let waited = end.longestWait - start.longestWait
        guard granted / .seconds(1) - waited < limit / .seconds(1) * Self.neededShare else { return nil }
        return "the host was too busy: of the \(granted) that the cell could take, the guest waited "
            + "\(Int(waited.rounded())) s for a processor"
    }
}

package enum MatrixRunnerError: Error, Equatable, CustomStringConvertible {
    case unreadable(FilePath)

    package var description: String {
        switch self {
        case .unreadable(let path): "cannot read \(path); did it change during the run?"
        }
    }
}

extension FilePath {
    /// The whole file, to be sent to a guest.
    func contents() throws(MatrixRunnerError) -> [UInt8] {
        guard let data = FileManager.default.contents(atPath: string) else { throw .unreadable(self) }
        return Array(data)
    }
}
