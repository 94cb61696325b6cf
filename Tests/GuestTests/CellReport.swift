import GuestLink
import Machine
import MatrixModel
import Testing

/// What a guest reported of one cell, unjudged and without a second round.
struct CellReport: Sendable {
    var exit: LoaderExit
    var programs: [ProgramReport] = []
    var event = ""
    /// What the loader's library said, of all programs.
    var words = ""
}

/// Cells that run one after another in one guest.
struct CellSession {
    private let guest: any Guest
    private var count: UInt32 = 0

    init(_ guest: any Guest) { self.guest = guest }

    /// Runs a cell in which `loader` gets the bytes of `object`.
    ///
    /// The agent ends a loader that is silent for `limit`.
    mutating func run(
        loader: String, object: [UInt8], plan: StagePlan? = nil, limit: Duration = .seconds(60)
    ) async throws -> CellReport {
        count += 1
        let (objectPath, planPath) = ("/job/\(count).bpf.o", "/job/\(count).plan")
        try guest.send(.file(path: objectPath, bytes: object))
        if let plan { try guest.send(.file(path: planPath, bytes: Array(plan.text.utf8))) }
        try guest.send(
            .load(
                cell: count, loader: loader, object: objectPath, plan: plan == nil ? "" : planPath, limit: limit))
        return try await report(of: count, patience: limit + .seconds(60))
    }

    private func report(of cell: UInt32, patience: Duration) async throws -> CellReport {
        var report = CellReport(exit: .overdue)
        while true {
            switch try await guest.nextEvent(within: patience) {
            case .frame(.log(cell, _, .event, let text)): report.event += String(decoding: text, as: UTF8.self)
            case .frame(.log(cell, _, .loader, let text)): report.words += String(decoding: text, as: UTF8.self)
            case .frame(.program(let program)) where program.cell == cell: report.programs.append(program)
            case .frame(.cellEnded(cell, let exit, _)):
                report.exit = exit
                return report
            case .frame: continue
            case .gone(let departure): throw LostCell(reason: "\(departure)", console: guest.console())
            case .silent: throw LostCell(reason: "the guest is silent", console: guest.console())
            }
        }
    }
}

/// A cell that never came to its end.
struct LostCell: Error, CustomStringConvertible {
    var reason: String
    var console: [UInt8]

    var description: String { "\(reason); its console: \(String(decoding: console.suffix(2000), as: UTF8.self))" }
}
