internal import Glibc
package import GuestLink
internal import Machine

/// What was seen of a cell, before anybody judges it.
package struct Evidence: Sendable {
    package enum Ending: Sendable, Equatable {
        case finished(LoaderExit)
        /// The guest ended while the cell ran; `console` is all it showed.
        case guestGone(reason: String, console: [UInt8])
        /// The cell did not end within `limit`.
        case overdue(limit: Duration, console: [UInt8])
        /// The loader was silent for `limit`, and the agent ended it; the guest goes on.
        case stopped(limit: Duration)
        /// The guest said what no agent says: whatever it reported before is worth nothing.
        case corrupt(reason: String, console: [UInt8])
        /// No guest to measure in.
        case noGuest(reason: String, console: [UInt8]?)
    }

    /// When the cell ran, and for how long.
    package struct Timing: Sendable, Equatable {
        /// On the host, from the start of measuring until the cell began; `nil` where it never did.
        package var queue: Duration?
        /// From the cell's beginning to its end, by the guest's clock; `nil` where it did not end there.
        package var microseconds: Int?

        package init(queue: Duration? = nil, microseconds: Int? = nil) {
            self.queue = queue
            self.microseconds = microseconds
        }
    }

    package struct Program: Sendable {
        package var report: ProgramReport
        /// All of it, or the end when `longLog` has all of it.
        package var verifierLog: [UInt8]
        package var longLog: (any LongLog)?
        package var loaderLog: [UInt8]

        package init(
            report: ProgramReport, verifierLog: [UInt8] = [], longLog: (any LongLog)? = nil, loaderLog: [UInt8] = []
        ) {
            self.report = report
            self.verifierLog = verifierLog
            self.longLog = longLog
            self.loaderLog = loaderLog
        }
    }

    /// Each as it was last reported: a program that goes past the load is reported there and at the end.
    package var programs: [Program]
    /// The bytes of the event that fitted; empty where none came.
    package var event: [UInt8]
    /// What the loader said of no program, but of the whole object.
    package var remarks: [UInt8]
    /// What the kernel warned of while the cell ran, a line each with its time stamp.
    package var kernelLog: [UInt8]
    /// Why what the loader reported cannot all be true; `nil` when it can.
    package var contradiction: String?
    package var ending: Ending
    package var timing: Timing

    package init(
        programs: [Program], event: [UInt8] = [], remarks: [UInt8] = [], kernelLog: [UInt8] = [],
        contradiction: String? = nil, ending: Ending, timing: Timing = Timing()
    ) {
        self.programs = programs
        self.event = event
        self.remarks = remarks
        self.kernelLog = kernelLog
        self.contradiction = contradiction
        self.ending = ending
        self.timing = timing
    }

    /// Of a cell that had no guest because of `error`.
    static func noGuest(_ error: MachineError) -> Evidence {
        Evidence(programs: [], ending: .noGuest(reason: "\(error)", console: error.console))
    }

    /// Whether a program failed for want of memory, or its log was cut for it, or the guest's kernel killed the loader for
    /// it: all say more about the guest than about the program.
    var lacksMemory: Bool {
        if case .finished(.signalled(SIGKILL)) = ending { return true }
        return programs.contains { $0.report.errno == ENOMEM || $0.report.logLacksMemory }
    }

    /// Whether the cell has to be measured once more, alone, before that counts: a busy host can make a loader late, and what
    /// happens in a guest can be QEMU's fault.
    var isDoubtful: Bool { if case .stopped = ending { true } else { endedTheGuest } }

    var endedTheGuest: Bool {
        switch ending {
        case .guestGone, .overdue, .corrupt: true
        case .finished, .stopped, .noGuest: false
        }
    }
}

/// Collects the frames of one cell.
struct EvidenceCollector {
    private struct LogKey: Hashable {
        var program: UInt32?
        var source: LogSource
    }

    /// What a kernel can write into the largest buffer that any takes, and the loader's words besides.
    ///
    /// Source: Linux, include/linux/bpf_verifier.h, `UINT_MAX >> 2`.
    private static let longestLog = 1 << 30

    /// More than any object has.
    private static let mostPrograms = 4096

    /// As much of an event as a report shows; in bytes.
    private static let longestEvent = 4096

    let longLogs: LongLogs?
    private var logs: [LogKey: LogCollector] = [:]
    private var event: [UInt8] = []
    private var programs: [Evidence.Program] = []
    private var contradiction: String?
    var timing = Evidence.Timing()
    /// How `ProgramReport` writes "the whole object" in a log frame's number.
    private static let wholeObject = UInt32.max

    init(longLogs: LongLogs? = nil) { self.longLogs = longLogs }

    /// - Throws: `MachineError.protocolBroken` for more than any kernel writes, and what `longLogs` throws.
    mutating func add(log text: [UInt8], program: UInt32, source: LogSource) throws {
        guard source != .event else {
            event += text.prefix(max(0, Self.longestEvent - event.count))
            return
        }
        let key = LogKey(program: program == Self.wholeObject ? nil : program, source: source)
        try logs[key, default: LogCollector()].append(text, begin: source == .verifier ? longLogs : nil)
        guard logs[key, default: LogCollector()].count <= Self.longestLog else {
            throw MachineError.protocolBroken("its log is longer than any kernel writes one")
        }
    }

    /// Takes a report, the second of a program in the place of its first.
    ///
    /// What was said of the load stays where nothing newer was said.
    mutating func add(_ report: ProgramReport) {
        let place = report.program.flatMap { number in programs.firstIndex { $0.report.program == number } }
        let first = place.map { programs[$0] }
        let verifier = take(.verifier, of: report.program)
        let loader = take(.loader, of: report.program)
        var program = Evidence.Program(
            report: report, verifierLog: verifier?.end ?? first?.verifierLog ?? [],
            longLog: verifier == nil ? first?.longLog : verifier?.long, loaderLog: loader?.end ?? first?.loaderLog ?? []
        )
        guard let place, let first else {
            guard programs.count < Self.mostPrograms else {
                contradiction = "it reported more than \(Self.mostPrograms) programs"
                return
            }
            return programs.append(program)
        }
        if let words = Self.contradiction(between: first.report, and: report) { contradiction = words }
        // Only the load has a log and numbers.
        program.report.takeLoad(from: first.report)
        programs[place] = program
    }

    /// A program that loaded may be said to have got further, or to fail there; nothing else is said of one twice.
    private static func contradiction(between first: ProgramReport, and second: ProgramReport) -> String? {
        let isProgress = first.errno == 0 && first.name == second.name && first.stage <= second.stage
        return isProgress ? nil : "it reported the program '\(first.name)' twice, and not the same"
    }

    /// `nil` when nothing was said.
    private mutating func take(_ source: LogSource, of program: UInt32?) -> LogCollector? {
        guard var log = logs.removeValue(forKey: LogKey(program: program, source: source)) else { return nil }
        log.finish()
        return log
    }

    func evidence(_ ending: Evidence.Ending) -> Evidence {
        Evidence(
            programs: programs, event: event, remarks: logs[LogKey(program: nil, source: .loader)]?.end ?? [],
            kernelLog: logs[LogKey(program: nil, source: .kernel)]?.end ?? [], contradiction: contradiction,
            ending: ending, timing: timing)
    }
}
