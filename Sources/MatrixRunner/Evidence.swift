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

    package var programs: [Program]
    package var ending: Ending

    package init(programs: [Program], ending: Ending) {
        self.programs = programs
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
    private var programs: [Evidence.Program] = []
    /// How `ProgramReport` writes "the whole object" in a log frame's number.
    private static let wholeObject = UInt32.max

    mutating func add(log text: [UInt8], program: UInt32, source: LogSource) {
        let key = LogKey(program: program == Self.wholeObject ? nil : program, source: source)
        logs[key, default: []] += text
    }

    mutating func add(_ report: ProgramReport) {
        programs.append(
            Evidence.Program(
                report: report,
                verifierLog: logs.removeValue(forKey: LogKey(program: report.program, source: .verifier)) ?? [],
                loaderLog: logs.removeValue(forKey: LogKey(program: report.program, source: .loader)) ?? []))
    }

    func evidence(_ ending: Evidence.Ending) -> Evidence { Evidence(programs: programs, ending: ending) }
}
