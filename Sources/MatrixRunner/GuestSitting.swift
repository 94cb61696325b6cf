internal import Foundation
internal import GuestLink
internal import Machine
internal import MatrixModel
package import SystemPackage

/// The cells of a round, as far as one guest gets with them.
struct GuestSitting {
    /// What is left to do; a cell that is in none of the lists has been told to the observer.
    struct Outcome: Sendable {
        /// Brought the guest down, or did not end in time.
        var secondChances: [PlannedCell] = []
        /// Wanted more memory than the guest has.
        var memoryHungry: [PlannedCell] = []
        /// Not reached, because an earlier cell brought the guest down.
        var unmeasured: [PlannedCell] = []
    }

    let guest: any Guest
    let kernelConfig: FilePath?
    let round: BatchSession.Round
    let cellLimit: Duration
    let longLogs: LongLogs?

    /// - Throws: `MatrixRunnerError` when an object cannot be read, `MachineError` when the guest does not take the
    ///   round's modules, and what `observer` and `longLogs` throw. A guest that dies or talks nonsense later is evidence.
    func run(observer: some RunObserver) async throws -> Outcome {
        try await ModuleInsertion(guest: guest, limit: cellLimit).insert(round.modules)
        try sendJob()
        var outcome = Outcome()
        for (number, cell) in round.cells.enumerated() {
            let evidence = try await evidence(ofCell: UInt32(number), within: patience(with: cell))
            // What will be tried again is not the last word.
            if !round.willRepeat(evidence) {
                try await observer.note(.cell(cell, evidence))
            } else if evidence.isDoubtful {
                outcome.secondChances.append(cell)
            } else {
                outcome.memoryHungry.append(cell)
            }
            if evidence.endedTheGuest {
                outcome.unmeasured = Array(round.cells[(number + 1)...])
                break
            }
        }
        return outcome
    }

    /// All at once: the guest never waits for the host between two cells.
    private func sendJob() throws {
        if let kernelConfig {
            // Where libbpf looks for it; few kernels carry it themselves (CONFIG_IKCONFIG_PROC).
            try guest.send(.file(path: "/boot/config-\(guest.hello.release)", bytes: kernelConfig.contents()))
        }
        var files = JobFiles(guest: guest)
        for (number, cell) in round.cells.enumerated() {
            if let loader = cell.loader { try files.send(loader, as: cell.key.loader) }
            for file in cell.files { try files.send(file) }
            let object = try cell.object.map { try files.send($0) }
            let plan = try cell.plan.map { try files.send($0) }
            try guest.send(
                .load(
                    cell: UInt32(number), loader: cell.key.loader, object: object ?? "", plan: plan ?? "",
                    limit: cellLimit))
        }
    }

    /// How long the guest may be silent about the cell.
    ///
    /// The agent itself ends a loader that takes too long, but for libbpf's.
    private func patience(with cell: PlannedCell) -> Duration {
        cell.key.loader == "libbpf" ? cellLimit : cellLimit + Self.timeToEndALoader
    }

    private static let timeToEndALoader: Duration = .seconds(10)

    private func evidence(ofCell number: UInt32, within limit: Duration) async throws -> Evidence {
        var collector = EvidenceCollector(longLogs: longLogs)
        var deadline = ContinuousClock.now + limit
        do {
            while true {
                let left = deadline - ContinuousClock.now
                guard left > .zero else {
                    return collector.evidence(.overdue(limit: cellLimit, console: guest.console()))
                }
                switch try await guest.nextEvent(within: left) {
                case .frame(.log(number, let program, let source, let text)):
                    try collector.add(log: text, program: program, source: source)
                    // A log of 1 GiB takes longer than a cell may, and a guest that writes one does not hang.
                    deadline = ContinuousClock.now + limit
                case .frame(.program(let report)) where report.cell == number: collector.add(report)
                case .frame(.cellEnded(number, .overdue)): return collector.evidence(.stopped(limit: cellLimit))
                case .frame(.cellEnded(number, let exit)): return collector.evidence(.finished(exit))
                case .frame(.cellBegan(number)): continue
                case .frame(let frame): throw MachineError.protocolBroken("it said \(frame) while cell \(number) ran")
                case .gone(let reason):
                    return collector.evidence(.guestGone(reason: reason, console: guest.console()))
                case .silent: continue
                }
            }
        } catch let error as MachineError {
            return Evidence(programs: [], ending: .corrupt(reason: "\(error)", console: guest.console()))
        }
    }
}

package enum MatrixRunnerError: Error, Equatable, CustomStringConvertible {
    case unreadable(FilePath)

    package var description: String {
        switch self {
        case .unreadable(let path): "\(path) cannot be read any more; did it change during the run?"
        }
    }
}

extension FilePath {
    /// The whole file, for a guest.
    func contents() throws(MatrixRunnerError) -> [UInt8] {
        guard let data = FileManager.default.contents(atPath: string) else { throw .unreadable(self) }
        return Array(data)
    }
}
