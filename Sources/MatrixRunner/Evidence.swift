internal import Glibc
package import GuestLink

/// What was seen of a cell, before anybody judges it.
package struct Evidence: Sendable, Equatable {
    package enum Ending: Sendable, Equatable {
        case finished(LoaderExit)
        /// The guest ended while the cell ran; `console` is all it showed.
        case guestGone(reason: String, console: [UInt8])
        /// The cell did not end within `limit`.
        case overdue(limit: Duration, console: [UInt8])
        /// The guest said what no agent says: whatever it reported before is worth nothing.
        case corrupt(reason: String, console: [UInt8])
        /// No guest to measure in.
        case noGuest(reason: String, console: [UInt8]?)
    }

    package struct Program: Sendable, Equatable {
        package var report: ProgramReport
        package var verifierLog: [UInt8]
        package var loaderLog: [UInt8]

        package init(report: ProgramReport, verifierLog: [UInt8] = [], loaderLog: [UInt8] = []) {
            self.report = report
            self.verifierLog = verifierLog
            self.loaderLog = loaderLog
        }
    }

    /// Each as it was last reported: a program that goes past the load is reported there and at the end.
    package var programs: [Program]
    /// The bytes of the event that fitted; empty where none came.
    package var event: [UInt8]
    /// What the loader said of no program, but of the whole object.
    package var remarks: [UInt8]
    package var ending: Ending

    package init(programs: [Program], event: [UInt8] = [], remarks: [UInt8] = [], ending: Ending) {
        self.programs = programs
        self.event = event
        self.remarks = remarks
        self.ending = ending
    }

    /// Whether a program failed for want of memory, or the guest's kernel killed the loader for it: both say more about
    /// the guest than about the program.
    var lacksMemory: Bool {
        if case .finished(.signalled(SIGKILL)) = ending { return true }
        return programs.contains { $0.report.errno == ENOMEM }
    }

    var endedTheGuest: Bool {
        switch ending {
        case .guestGone, .overdue, .corrupt: true
        case .finished, .noGuest: false
        }
    }
}

/// Collects the frames of one cell.
struct EvidenceCollector {
    private struct LogKey: Hashable {
        var program: UInt32?
        var source: LogSource
    }

    private var logs: [LogKey: [UInt8]] = [:]
    private var event: [UInt8] = []
    private var programs: [Evidence.Program] = []
    /// How `ProgramReport` writes "the whole object" in a log frame's number.
    private static let wholeObject = UInt32.max

    mutating func add(log text: [UInt8], program: UInt32, source: LogSource) {
        guard source != .event else {
            event += text
            return
        }
        let key = LogKey(program: program == Self.wholeObject ? nil : program, source: source)
        logs[key, default: []] += text
    }

    /// Takes a report, the second of a program in the place of its first.
    ///
    /// What was said of the load stays where nothing newer was said.
    mutating func add(_ report: ProgramReport) {
        let place = report.program.flatMap { number in programs.firstIndex { $0.report.program == number } }
        let first = place.map { programs[$0] }
        var program = Evidence.Program(
            report: report,
            verifierLog: logs.removeValue(forKey: LogKey(program: report.program, source: .verifier))
                ?? first?.verifierLog ?? [],
            loaderLog: logs.removeValue(forKey: LogKey(program: report.program, source: .loader))
                ?? first?.loaderLog ?? [])
        guard let place, let first else { return programs.append(program) }
        // Only the load has a log and a count of instructions.
        program.report.logComplete = first.report.logComplete
        program.report.verifiedInstructions = first.report.verifiedInstructions
        programs[place] = program
    }

    func evidence(_ ending: Evidence.Ending) -> Evidence {
        Evidence(
            programs: programs, event: event, remarks: logs[LogKey(program: nil, source: .loader)] ?? [],
            ending: ending)
    }
}
