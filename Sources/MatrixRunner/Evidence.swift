internal import Glibc
package import GuestLink
internal import Machine
internal import MatrixModel

/// Everything that was observed about a cell, before it is judged.
package struct Evidence: Sendable {
    package enum Ending: Sendable, Equatable {
        case finished(LoaderExit)
        /// The guest reset itself while the cell ran; `console` is all it showed.
        case guestGone(reason: String, console: [UInt8])
        /// The VMM exited, was stopped or hangs, so the guest could not finish the cell.
        case vmmFailed(reason: String, console: [UInt8])
        /// The cell did not end within `limit`.
        case overdue(limit: Duration, console: [UInt8])
        /// The loader was silent for `limit`, and the agent killed it; the guest is still usable.
        case stopped(limit: Duration)
        /// The same, but the guest got too little processor time from the host to finish.
        case starved(reason: String)
        /// The guest sent data that the agent never sends, so its earlier reports are invalid.
        case corrupt(reason: String, console: [UInt8])
        /// No guest was available.
        case noGuest(reason: String, console: [UInt8]?)

        /// For the diagnostic log.
        var summary: String {
            switch self {
            case .finished(let exit): "the loader ended (\(exit))"
            case .guestGone(let reason, _): "the guest is gone: \(reason)"
            case .vmmFailed(let reason, _), .starved(let reason): reason
            case .overdue(let limit, _): "the cell did not end within \(limit)"
            case .stopped(let limit): "the loader was silent for \(limit)"
            case .corrupt(let reason, _): "the guest sent invalid data: \(reason)"
            case .noGuest(let reason, _): "no guest: \(reason)"
            }
        }
    }

    /// When the cell ran, and for how long.
    package struct Timing: Sendable, Equatable {
        /// Host time from the start of the measurement until the cell began; `nil` if it never began.
        package var queue: Duration?
        /// From the beginning of the cell to its end, by the guest's clock; `nil` if it did not end.
        package var microseconds: Int?

        package init(queue: Duration? = nil, microseconds: Int? = nil) {
            self.queue = queue
            self.microseconds = microseconds
        }
    }

    package struct Program: Sendable {
        package var report: ProgramReport
        /// The whole log, or only its end if `longLog` contains all of it.
        package var verifierLog: [UInt8]
        package var longLog: (any LongLog)?
        package var loader: LoaderWords

        package init(
            report: ProgramReport, verifierLog: [UInt8] = [], longLog: (any LongLog)? = nil,
            loader: LoaderWords = LoaderWords()
        ) {
            self.report = report
            self.verifierLog = verifierLog
            self.longLog = longLog
            self.loader = loader
        }
    }

    /// The latest report of each program: a program that goes past the load is reported both at the load and at the
    /// end.
    package var programs: [Program]
    /// The bytes of the event, up to the limit; empty if none arrived.
    package var event: [UInt8]
    /// Loader output about the whole object rather than one program.
    package var remarks: LoaderWords
    /// Kernel warnings during the cell, one line each with its time stamp.
    package var kernelLog: [UInt8]
    /// Why the loader's reports contradict each other; `nil` if they do not.
    package var contradiction: String?
    package var ending: Ending
    package var timing: Timing

    package init(
        programs: [Program], event: [UInt8] = [], remarks: LoaderWords = LoaderWords(), kernelLog: [UInt8] = [],
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

    /// Deviations from the object or its manifest: maps that were given a size, and capabilities that the kernel lacks.
    var deviations: [GuestFinding] {
        ([remarks] + programs.map(\.loader)).flatMap(\.findings)
            .filter { [.mapSized, .capabilityAbsent].contains($0.code) }
    }

    /// The evidence of a cell that had no guest because of `error`.
    static func noGuest(_ error: MachineError) -> Evidence {
        Evidence(programs: [], ending: .noGuest(reason: "\(error)", console: error.console))
    }

    /// Whether a program failed or its log was cut for lack of memory, or the guest's kernel killed the loader for it;
    /// each reveals more about the guest than about the program.
    var lacksMemory: Bool {
        if case .finished(.signalled(SIGKILL)) = ending { return true }
        return programs.contains { $0.report.errno == ENOMEM || $0.report.logLacksMemory }
    }

    /// Whether the cell has to be confirmed by another measurement, alone: a busy host can delay a loader, and QEMU can
    /// cause problems in a guest.
    var isDoubtful: Bool {
        switch ending {
        case .stopped, .starved: true
        default: endedTheGuest
        }
    }

    var endedTheGuest: Bool {
        switch ending {
        case .guestGone, .vmmFailed, .overdue, .corrupt: true
        case .finished, .stopped, .starved, .noGuest: false
        }
    }
}

/// Collects the frames of one cell.
struct EvidenceCollector {
    /// The most that a kernel can write into the largest buffer that any kernel accepts, plus the loader's own output.
    ///
    /// Source: Linux, include/linux/bpf_verifier.h, `UINT_MAX >> 2`.
    private static let longestLog = 1 << 30

    /// More than any object contains.
    private static let mostPrograms = 4096

    /// The same as a loader's limit for frames.
    private static let mostFindings = 1 << 18

    /// The part of an event that a report shows, in bytes.
    private static let longestEvent = 4096

    let longLogs: LongLogs?
    private var verifierLogs: [UInt32: LogCollector] = [:]
    /// By program, or `wholeObject`.
    private var words: [UInt32: LoaderWords] = [:]
    private var findings = 0
    private var kernelLog = LogCollector()
    private var event: [UInt8] = []
    private var programs: [Evidence.Program] = []
    private var contradiction: String?
    var timing = Evidence.Timing()
    /// How `ProgramReport` writes "the whole object" in a log frame's number.
    private static let wholeObject = UInt32.max

    init(longLogs: LongLogs? = nil) { self.longLogs = longLogs }

    /// - Throws: `MachineError.protocolBroken` for a log longer than any kernel writes, and what `longLogs` throws.
    mutating func add(log text: [UInt8], program: UInt32, source: LogSource) throws {
        let count: Int
        switch source {
        case .event:
            event += text.prefix(max(0, Self.longestEvent - event.count))
            return
        case .verifier:
            try verifierLogs[program, default: LogCollector()].append(text, begin: longLogs)
            count = verifierLogs[program]?.count ?? 0
        case .loader:
            words[program, default: LoaderWords()].append(text)
            count = words[program]?.text.count ?? 0
        case .kernel:
            try kernelLog.append(text, begin: nil)
            count = kernelLog.count
        }
        guard count <= Self.longestLog else {
            throw MachineError.protocolBroken("its log is longer than any kernel writes")
        }
    }

    /// - Throws: `MachineError.protocolBroken` for more findings than any loader sends.
    mutating func add(_ finding: GuestFinding, program: UInt32) throws(MachineError) {
        findings += 1
        guard findings <= Self.mostFindings else {
            throw .protocolBroken("it sent more than \(Self.mostFindings) findings about one cell")
        }
        words[program, default: LoaderWords()].append(finding)
    }

    /// Adds a report; the second report of a program replaces its first.
    ///
    /// Results of the load are kept unless there are newer ones.
    mutating func add(_ report: ProgramReport) {
        let place = report.program.flatMap { number in programs.firstIndex { $0.report.program == number } }
        let first = place.map { programs[$0] }
        let number = report.program ?? Self.wholeObject
        var verifier = verifierLogs.removeValue(forKey: number)
        verifier?.finish()
        let loader = words.removeValue(forKey: number)
        var program = Evidence.Program(
            report: report, verifierLog: verifier?.end ?? first?.verifierLog ?? [],
            longLog: verifier == nil ? first?.longLog : verifier?.long,
            loader: loader ?? first?.loader ?? LoaderWords())
        guard let place, let first else {
            guard programs.count < Self.mostPrograms else {
                contradiction = "it reported more than \(Self.mostPrograms) programs"
                return
            }
            return programs.append(program)
        }
        if let words = Self.contradiction(between: first.report, and: report) { contradiction = words }
        // Only the load provides a log and statistics.
        program.report.takeLoad(from: first.report)
        programs[place] = program
    }

    /// The second report of a program that loaded may only have a later stage or a failure at one; any other second
    /// report is a contradiction.
    private static func contradiction(between first: ProgramReport, and second: ProgramReport) -> String? {
        let isProgress = first.errno == 0 && first.name == second.name && first.stage <= second.stage
        return isProgress ? nil : "it reported the program '\(first.name)' twice, with different results"
    }

    func evidence(_ ending: Evidence.Ending) -> Evidence {
        Evidence(
            programs: programs, event: event, remarks: words[Self.wholeObject] ?? LoaderWords(),
            kernelLog: kernelLog.end, contradiction: contradiction, ending: ending, timing: timing)
    }
}
