internal import Foundation
internal import GuestLink
internal import Machine
internal import MatrixModel
package import SystemPackage

/// The cells that one guest works through, until they are done or the guest is.
struct GuestSitting {
    /// What a sitting came to; every cell of it is in one of the two lists.
    struct Outcome: Sendable {
        var measured: [(cell: PlannedCell, evidence: Evidence)] = []
        /// Not reached, because an earlier cell brought the guest down.
        var unmeasured: [PlannedCell] = []
    }

    private let guest: any Guest
    private let cells: [PlannedCell]
    private let cellLimit: Duration

    init(guest: any Guest, cells: [PlannedCell], cellLimit: Duration) {
        self.guest = guest
        self.cells = cells
        self.cellLimit = cellLimit
    }

    /// - Throws: `MachineError` when the guest is lost before its first cell or breaks the protocol, and
    ///   `MatrixRunnerError` when an object cannot be read.
    func run(tell: (PlannedCell, Evidence) -> Void) async throws -> Outcome {
        try sendJob()
        var outcome = Outcome()
        for (number, cell) in cells.enumerated() {
            let evidence = try await evidence(ofCell: UInt32(number))
            outcome.measured.append((cell, evidence))
            tell(cell, evidence)
            if evidence.endedTheGuest {
                outcome.unmeasured = Array(cells[(number + 1)...])
                break
            }
        }
        return outcome
    }

    /// All at once: the guest never waits for the host between two cells. An object goes over once, however many cells
    /// want it.
    private func sendJob() throws {
        var sent: Set<String> = []
        for (number, cell) in cells.enumerated() {
            let path = "/job/\(cell.objectDigest.prefix(32)).bpf.o"
            if sent.insert(path).inserted {
                guard let bytes = FileManager.default.contents(atPath: cell.object.string) else {
                    throw MatrixRunnerError.objectUnreadable(cell.object)
                }
                try guest.send(.file(path: path, bytes: Array(bytes)))
            }
            try guest.send(.load(cell: UInt32(number), loader: cell.key.loader, object: path))
        }
    }

    private func evidence(ofCell number: UInt32) async throws -> Evidence {
        var collector = EvidenceCollector()
        let deadline = ContinuousClock.now + cellLimit
        while true {
            let left = deadline - ContinuousClock.now
            guard left > .zero else {
                return collector.evidence(.overdue(limit: cellLimit, console: guest.console()))
            }
            switch try await guest.nextEvent(within: left) {
            case .frame(.log(number, let program, let source, let text)):
                collector.add(log: text, program: program, source: source)
            case .frame(.program(let report)) where report.cell == number: collector.add(report)
            case .frame(.cellEnded(number, let exit)): return collector.evidence(.finished(exit))
            case .frame(.cellBegan(number)): continue
            case .frame(let frame):
                throw MachineError.protocolBroken("it said \(frame) while cell \(number) ran")
            case .gone(let reason): return collector.evidence(.guestGone(reason: reason, console: guest.console()))
            case .silent: continue
            }
        }
    }
}

package enum MatrixRunnerError: Error, Equatable, CustomStringConvertible {
    case objectUnreadable(FilePath)

    package var description: String {
        switch self {
        case .objectUnreadable(let path): "\(path) cannot be read any more; was it rebuilt during the run?"
        }
    }
}
