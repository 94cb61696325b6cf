internal import Glibc
internal import GuestLink
internal import Machine
package import MatrixModel
package import VerifierLog

/// Derives the verdict from the evidence; a pure function.
package struct Judge: Sendable {
    private let catalogue: Catalogue

    package init() { catalogue = .bundled }

    /// The verdict on `cell`, compared only with the default expectation: that a probe passes.
    ///
    /// `release` is what the guest reported, `nil` if no guest did. `kernelConfig` is the kernel's `CONFIG_…` file,
    /// which a host with that kernel has; `nil` if the guest had none. `keep` stores a text and returns the reference
    /// to it (`logs/<sha256>.txt`). Only errors of `keep` are thrown.
    package func result(
        of cell: PlannedCell, kernel: KernelID, evidence: Evidence, release: KernelRelease?,
        kernelConfig: KernelOptions?, keep: ([UInt8]) throws -> String
    ) throws -> CellResult {
        let known = KernelKnowledge(release: release ?? kernel.labelled, options: kernelConfig)
        var programs = try programResults(of: cell, evidence: evidence, kernel: known, keep: keep)
        let wanted = kernelConfig != nil ? [] : programs.indices.filter { programs[$0].wantedKernelConfig }
        for index in wanted { programs[index].verdict = .notMeasured }
        let ruling: Ruling =
            switch evidence.ending {
            case .finished(let exit):
                finished(exit, cell, evidence, programs, lacking: wanted.isEmpty ? nil : kernel)
                    .noting(evidence.deviations).noting(warningsIn: evidence.kernelLog)
            case .stopped(let limit): stopped(after: limit, cell, evidence)
            case .guestGone(let why, let console): crashed(why, console: console)
            case .vmmFailed(let why, let console): vmmFailed(why, console: console)
            case .overdue(let limit, let console): overdue(limit, console: console)
            case .starved(let why): Ruling(.notMeasured, reason: why)
            case .corrupt(let why, let console): Ruling(.notMeasured, reason: why, text: console)
            case .noGuest(let why, let console): Ruling(.notMeasured, reason: why, text: console ?? [])
            }
        return CellResult(
            key: cell.key, verdict: ruling.verdict,
            stage: ruling.verdict == .notMeasured ? nil : Self.stage(programs, of: cell, verdict: ruling.verdict),
            expected: .pass, asExpected: ruling.verdict == .pass, cached: false,
            event: EventText.text(of: evidence.event), reason: ruling.reason,
            console: ruling.text.isEmpty ? nil : try keep(ruling.text), programs: programs,
            seconds: CellSeconds(
                of: programs.map(\.seconds), queue: evidence.timing.queue.map(Self.seconds),
                totalMicroseconds: evidence.timing.microseconds))
    }

    /// Facts about the kernel itself.
    private struct KernelKnowledge {
        var release: KernelRelease
        var options: KernelOptions?
    }

    /// The verdict for one way in which a cell ended.
    private struct Ruling {
        var verdict: Verdict
        var reason: String?
        /// The text for readers; empty if there is none.
        var text: [UInt8]

        init(_ verdict: Verdict, reason: String? = nil, text: [UInt8] = []) {
            self.verdict = verdict
            self.reason = reason
            self.text = text
        }

        /// The same, with deviations from the object or its manifest added to the reason, because readers might expect
        /// another cell.
        func noting(_ deviations: [GuestFinding]) -> Ruling {
            guard !deviations.isEmpty else { return self }
            let words = [reason].compactMap(\.self) + deviations.map(\.sentence)
            return Ruling(verdict, reason: words.joined(separator: "; "), text: text)
        }

        /// The same, with kernel warnings added: the verdict is the kernel's answer, but people who ship the probe
        /// should know.
        func noting(warningsIn kernelLog: [UInt8]) -> Ruling {
            guard let trouble = ConsoleExcerpt.trouble(in: kernelLog) else { return self }
            let words = [reason, "the kernel printed a warning: \(trouble)"].compactMap(\.self)
            return Ruling(verdict, reason: words.joined(separator: "; "), text: kernelLog)
        }
    }

    /// The loader completed; `lacking` is the kernel whose missing `CONFIG_…` file a program needed.
    private func finished(
        _ exit: LoaderExit, _ cell: PlannedCell, _ evidence: Evidence, _ programs: [ProgramResult],
        lacking kernel: KernelID?
    ) -> Ruling {
        if let contradiction = evidence.contradiction {
            return Ruling(.notMeasured, reason: "the \(cell.key.loader) loader contradicts itself: \(contradiction)")
        }
        switch exit {
        case .exited(0):
            if let kernel { return Ruling(.notMeasured, reason: Self.noConfig(of: kernel)) }
            let worst = Verdict.worst(of: programs.map(\.verdict))
            let gap = Self.gap(in: programs, of: cell)
            let verdict = worst == .pass && gap != nil ? .notMeasured : worst
            return Ruling(verdict, reason: verdict == .notMeasured ? Self.noTarget(of: programs) ?? gap : nil)
        case .exited(Self.unavailable):
            return Ruling(
                .notMeasured,
                reason: evidence.remarks.lastSentence ?? "the guest lacks something that the trigger needs")
        default:
            return Ruling(
                .notMeasured,
                reason:
                    "the \(cell.key.loader) loader ended with \(Self.describe(exit)) before it reported all results"
                    + (Self.lastWords(in: evidence).map { ": \($0)" } ?? ""))
        }
    }

    /// The agent killed the loader, which may have written something first.
    private func stopped(after limit: Duration, _ cell: PlannedCell, _ evidence: Evidence) -> Ruling {
        Ruling(
            .timeout, reason: "no result within \(limit): the \(cell.key.loader) loader was killed",
            text: evidence.remarks.isEmpty ? [] : evidence.remarks.bytes)
    }

    private func crashed(_ why: String, console: [UInt8]) -> Ruling {
        Ruling(
            .crash, reason: ConsoleExcerpt.crash(in: console) ?? ConsoleExcerpt.trouble(in: console) ?? why,
            text: console)
    }

    /// If the VMM failed, only the guest's earlier output is evidence about the probe.
    private func vmmFailed(_ why: String, console: [UInt8]) -> Ruling {
        Self.crash(shownBy: console) ?? Ruling(.notMeasured, reason: why, text: console)
    }

    /// A hanging guest may have printed the reason.
    private func overdue(_ limit: Duration, console: [UInt8]) -> Ruling {
        Self.crash(shownBy: console)
            ?? Ruling(.timeout, reason: Self.overdue(limit, console: console), text: console)
    }

    private static func crash(shownBy console: [UInt8]) -> Ruling? {
        ConsoleExcerpt.crash(in: console).map { Ruling(.crash, reason: $0, text: console) }
    }

    /// A slow guest may have printed a message that is not a lock-up but explains it.
    private static func overdue(_ limit: Duration, console: [UInt8]) -> String {
        "no result within \(limit)" + (ConsoleExcerpt.trouble(in: console).map { "; console: \($0)" } ?? "")
    }

    private func programResults(
        of cell: PlannedCell, evidence: Evidence, kernel: KernelKnowledge, keep: ([UInt8]) throws -> String
    ) throws -> [ProgramResult] {
        var results: [ProgramResult] = []
        for program in evidence.programs {
            let names =
                if program.report.program != nil {
                    [program.report.name]
                } else if evidence.programs.count == 1 {
                    // If an object cannot be opened, each of its programs fails.
                    cell.programs
                } else {
                    [ProgramResult.wholeObject]
                }
            for name in names {
                results.append(try result(of: program, name: name, in: cell, kernel: kernel, keep: keep))
            }
        }
        return results
    }

    private func result(
        of program: Evidence.Program, name: String, in cell: PlannedCell, kernel: KernelKnowledge,
        keep: ([UInt8]) throws -> String
    ) throws -> ProgramResult {
        var report = program.report
        let failed = report.errno != 0
        var log = LogSummary(of: String(decoding: program.verifierLog, as: UTF8.self))
        var loader = program.loader.output
        if case .exec = cell.plan?.subject {
            // A user's executable writes verifier logs to its output, in its library's format.
            let output = LogSummary(of: String(decoding: program.loader.text, as: UTF8.self))
            if output.holdsLog {
                log = output
                loader = LoaderOutput(output.loaderLines.map(\.text).joined(separator: "\n"))
                for finding in program.loader.findings { loader.append(finding) }
                if failed { report.stage = .load }
            }
        }
        // Without bpf(), nothing gets past opening the object's file, regardless of what a library probes first.
        if report.errno == ENOSYS, report.stage <= .load { report.stage = .open }
        var cause =
            failed
            ? catalogue.cause(
                ofLog: log, logComplete: report.logComplete, loader: loader, errno: report.errno, stage: report.stage)
            : nil
        if let known = cause, report.stage <= .load, let symbol = cell.object?.commonSymbols.first {
            cause = catalogue.cause(ofCommonSymbol: symbol, insteadOf: known)
        }
        if let known = cause, let lines = cell.object?.lines {
            cause?.location = catalogue.location(of: known, in: log, stage: report.stage, program: name, lines: lines)
        }
        return ProgramResult(
            name: name, type: report.type.isEmpty ? "unspec" : report.type,
            verdict: Self.lacksTarget(loader) ? .notMeasured : failed ? .fail : .pass,
            stage: report.stage, errno: report.errno, cause: cause,
            log: try Self.keptLog(of: program, keep: keep), logComplete: report.logComplete,
            logCut: report.logComplete ? nil : log.isAbridged ? .abridged : .limit,
            stats: Self.statistics(of: log, report: report),
            explanation: cause.map {
                catalogue.explanation(
                    of: $0, log: log, loader: loader, kernel: kernel.release, options: kernel.options)
            },
            seconds: ProgramSeconds(
                loadMicroseconds: report.loadMicroseconds, attachMicroseconds: report.attachMicroseconds,
                fireMicroseconds: report.fireMicroseconds))
    }

    /// Rounded to milliseconds, the precision of host measurements.
    private static func seconds(_ duration: Duration) -> Double { (duration / .milliseconds(1)).rounded() / 1000 }

    private static func statistics(of log: LogSummary, report: ProgramReport) -> ProgramStatistics? {
        var statistics = log.statistics ?? ProgramStatistics()
        statistics.instructions = statistics.instructions ?? report.verifiedInstructions
        // The log may come from another load, which took longer because it wrote the log.
        statistics.verificationMicroseconds =
            report.verificationMicroseconds ?? statistics.verificationMicroseconds
        statistics.loadMicroseconds = report.loadMicroseconds
        statistics.size = report.size
        return statistics == ProgramStatistics() ? nil : statistics
    }

    /// The reference to the log that readers see.
    ///
    /// libbpf's messages matter if the kernel has none; if the verifier rejected the program, they merely repeat it.
    /// Past the load, the verifier accepted the program, and the loader reports why it stopped.
    private static func keptLog(of program: Evidence.Program, keep: ([UInt8]) throws -> String) throws -> String? {
        let isPastLoad = program.report.stage > .load && program.report.errno != 0
        if let long = program.longLog {
            if isPastLoad { try long.append(program.loader.bytes) }
            return try long.keep()
        }
        let words = program.loader.bytes
        let log = isPastLoad ? program.verifierLog + words : program.verifierLog.isEmpty ? words : program.verifierLog
        return log.isEmpty ? nil : try keep(log)
    }

    /// The stage at which the cell failed first, or else the last stage it reached.
    ///
    /// A program in an optional section (`SEC("?…")`) is loaded and takes no part in the rest.
    private static func stage(_ programs: [ProgramResult], of cell: PlannedCell, verdict: Verdict) -> Stage? {
        if verdict == .pass { return programs.compactMap(\.stage).max() }
        if let stage = programs.filter({ $0.verdict != .pass }).compactMap(\.stage).min() { return stage }
        // If a guest dies after every load was reported, the next stage killed it; otherwise the load did.
        let isLoaded = !programs.isEmpty && programs.count >= cell.programs.count
        return isLoaded && (cell.plan?.lastStage ?? .load) > .load ? .attach : .load
    }

    /// What the reports lack for a cell in which nothing failed.
    private static func gap(in programs: [ProgramResult], of cell: PlannedCell) -> String? {
        guard !programs.isEmpty else { return "the \(cell.key.loader) loader reported no program" }
        if let name = cell.programs.first(where: { name in !programs.contains { $0.name == name } }) {
            return "the \(cell.key.loader) loader did not report the program '\(name)'"
        }
        guard let last = cell.plan?.lastStage, let most = programs.compactMap(\.stage).max(), most < last else {
            return nil
        }
        return "the \(cell.key.loader) loader stopped at \(most.rawValue), but the cell continues to \(last.rawValue)"
    }

    /// EX_UNAVAILABLE of sysexits.h: the exit status of a loader if the guest lacks what a trigger needs.
    private static let unavailable: Int32 = 69

    /// The last output of a loader that died: the panic line of a Rust or Go program with the line after it, or else
    /// the last line.
    private static func lastWords(in evidence: Evidence) -> String? {
        let text = String(decoding: evidence.remarks.bytes, as: UTF8.self)
        let lines = text.split(whereSeparator: \.isNewline).map(String.init)
        guard let place = lines.firstIndex(where: { $0.contains("panicked at ") || $0.hasPrefix("panic: ") }) else {
            return lines.last
        }
        return lines[place...].prefix(lines[place].hasSuffix(":") ? 2 : 1).joined(separator: " ")
    }

    /// Whether a program replaces a function that the object does not contain: only the application loads the target,
    /// so the result for its users is unknown.
    ///
    /// Source: libbpf 1.4, `libbpf_find_attach_btf_id`.
    private static func lacksTarget(_ loader: LoaderOutput) -> Bool {
        loader.findings.contains { $0.code == .replacedFunctionMissing }
            || loader.lines.contains { $0.text.contains("attach program FD is not set") }
                && !loader.findings.contains { $0.code == .programTypeRejected }
    }

    private static func noTarget(of programs: [ProgramResult]) -> String? {
        programs.first { $0.verdict == .notMeasured }.map {
            GuestFinding(.replacedFunctionMissing, [$0.name]).sentence
        }
    }

    private static func noConfig(of kernel: KernelID) -> String {
        "the object reads CONFIG_ options, but the config of \(kernel) is not available: run "
            + "'compat-matrix kernels refresh \(kernel)', or set 'config' in the manifest of a kernel from a file"
    }

    private static func describe(_ exit: LoaderExit) -> String {
        switch exit {
        case .exited(let status): "exit status \(status)"
        case .signalled(let signal): "signal \(signal)"
        case .overdue: "no status in time"
        }
    }
}

extension ProgramResult {
    /// Whether libbpf found no `CONFIG_…` file, which users of this kernel would not experience.
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
