internal import GuestLink
internal import Machine
package import MatrixModel
internal import VerifierLog

/// Turns evidence into a verdict: a pure function of what was seen.
package struct Judge: Sendable {
    private let catalogue: Catalogue

    package init() { catalogue = .bundled }

    /// The verdict on `cell`, held against what is expected of it on `kernel`.
    ///
    /// `release` is what the guest said, `nil` when none ever did. `kernelConfigKnown` says whether the guest was given the
    /// kernel's `CONFIG_…` file, which a host of that kernel has. `keep` keeps a text and returns the reference to it
    /// (`logs/<sha256>.txt`); nothing else is thrown than what it throws.
    package func result(
        of cell: PlannedCell, kernel: KernelID, evidence: Evidence, release: KernelRelease?, kernelConfigKnown: Bool,
        keep: ([UInt8]) throws -> String
    ) throws -> CellResult {
        var programs = try programResults(of: cell, evidence: evidence, keep: keep)
        let wanted = kernelConfigKnown ? [] : programs.indices.filter { programs[$0].wantedKernelConfig }
        for index in wanted { programs[index].verdict = .notMeasured }
        let verdict: Verdict
        var reason: String?
        var console: String?
        switch evidence.ending {
        case .finished(.exited(0)) where !wanted.isEmpty:
            verdict = .notMeasured
            reason = Self.noConfig(of: kernel)
        case .finished(.exited(0)):
            verdict = .worst(of: programs.map(\.verdict))
            if programs.isEmpty { reason = "the \(cell.key.loader) loader reported nothing" }
        case .finished(let exit):
            verdict = .notMeasured
            reason = "the \(cell.key.loader) loader ended with \(Self.describe(exit)) before it had reported everything"
        case .guestGone(let why, let text):
            verdict = .crash
            reason = ConsoleExcerpt.crash(in: text) ?? why
            console = try text.isEmpty ? nil : keep(text)
        case .overdue(let limit, let text):
            // A guest that hangs may have said why.
            let crash = ConsoleExcerpt.crash(in: text)
            verdict = crash == nil ? .timeout : .crash
            reason = crash ?? "no result within \(limit)"
            console = try text.isEmpty ? nil : keep(text)
        case .corrupt(let why, let text):
            verdict = .notMeasured
            reason = why
            console = try text.isEmpty ? nil : keep(text)
        case .noGuest(let why, let text):
            verdict = .notMeasured
            reason = why
            console = try text.flatMap { try $0.isEmpty ? nil : keep($0) }
        }
        let result = CellResult(
            key: cell.key, verdict: verdict,
            stage: verdict == .notMeasured ? nil : Self.stage(programs, verdict: verdict),
            expected: .pass, asExpected: false, cached: false, reason: reason, console: console, programs: programs)
        return result.held(against: cell.expectations.rule(for: kernel, release: release))
    }

    private func programResults(
        of cell: PlannedCell, evidence: Evidence, keep: ([UInt8]) throws -> String
    ) throws -> [ProgramResult] {
        var results: [ProgramResult] = []
        for program in evidence.programs {
            // An object that cannot be opened fails in each of its programs.
            let names = program.report.program == nil ? cell.programs : [program.report.name]
            for name in names { results.append(try result(of: program, name: name, keep: keep)) }
        }
        return results
    }

    private func result(
        of program: Evidence.Program, name: String, keep: ([UInt8]) throws -> String
    ) throws -> ProgramResult {
        let report = program.report
        let failed = report.errno != 0
        let text = String(decoding: program.verifierLog, as: UTF8.self)
        let messages = String(decoding: program.loaderLog, as: UTF8.self)
        // libbpf's words matter where the kernel has none; a refusal by the verifier it merely repeats.
        let log = program.verifierLog.isEmpty ? program.loaderLog : program.verifierLog
        return ProgramResult(
            name: name, type: report.type.isEmpty ? "unspec" : report.type, verdict: failed ? .fail : .pass,
            stage: report.stage, errno: report.errno,
            cause: failed
                ? catalogue.cause(
                    ofLog: text, logComplete: report.logComplete, loaderMessages: messages, errno: report.errno,
                    stage: report.stage)
                : nil,
            log: try program.longLog?.keep() ?? (log.isEmpty ? nil : keep(log)), logComplete: report.logComplete,
            stats: Self.statistics(of: text, report: report))
    }

    private static func statistics(of log: String, report: ProgramReport) -> ProgramStatistics? {
        var statistics = LogStatistics.parse(log) ?? ProgramStatistics()
        statistics.instructions = statistics.instructions ?? report.verifiedInstructions
        statistics.loadMicroseconds = report.loadMicroseconds
        statistics.size = report.size
        return statistics == ProgramStatistics() ? nil : statistics
    }

    /// Where the cell failed first, else the stage that all its programs passed.
    private static func stage(_ programs: [ProgramResult], verdict: Verdict) -> Stage? {
        let decisive = verdict == .pass ? programs : programs.filter { $0.verdict != .pass }
        // A guest that died before it reported anything died while it loaded.
        return decisive.compactMap(\.stage).min() ?? (programs.isEmpty || verdict != .pass ? .load : nil)
    }

    private static func noConfig(of kernel: KernelID) -> String {
        "the object reads CONFIG_… options, and those of \(kernel) are not known here: "
            + "'kernels refresh \(kernel)' looks for them in its archive; a kernel of a file names them with 'config:'"
    }

    private static func describe(_ exit: LoaderExit) -> String {
        switch exit {
        case .exited(let status): "exit status \(status)"
        case .signalled(let signal): "signal \(signal)"
        }
    }
}

extension ProgramResult {
    /// Whether libbpf found no `CONFIG_…` file, which is nothing that a user of this kernel would see.
    ///
    /// The catalogue's other messages of that cause are about a file that was read, such as a kernel's own
    /// `/proc/config.gz`.
    ///
    /// Source: libbpf 1.4, `bpf_object__read_kconfig_file`.
    fileprivate var wantedKernelConfig: Bool {
        verdict == .fail && cause?.id == "libbpf-kconfig"
            && cause?.line.contains("failed to open system Kconfig") == true
    }
}
