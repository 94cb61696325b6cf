package import MatrixModel

/// The log and the loader's output, prepared for the conditions of narrower entries.
struct FailureEvidence {
    let path: FailingPath
    let tracer: ValueTracer
    let statistics: ProgramStatistics?
    /// The lines of the log and of the loader that are not part of the verifier's trace.
    let remarks: [Line]
    /// Whether the log ends in a called function, whose states begin with `frame1: `.
    let endsInCallee: Bool
    /// The errno that the loader returned; 0 if only the text contains it.
    private let errno: Int32

    init(log lines: [Line], loader: [Line], errno: Int32 = 0) {
        self.errno = errno
        path = FailingPath(in: lines)
        tracer = ValueTracer(path)
        statistics = LogStatistics.parse(lines)
        let last = lines.last { [.instruction, .state].contains($0.kind) && !$0.registers.isEmpty }
        endsInCallee = last.map { line in (1...9).contains { line.text.contains("frame\($0): ") } } ?? false
        remarks = loader + lines.filter { [.message, .loader, .note].contains($0.kind) }
    }

    /// The errno of the failure that `line` reports; `nil` if none is stated.
    func errno(of line: String) -> Int32? {
        let place = remarks.lastIndex { $0.text.trimmed == line }
        let stated = place.flatMap { StatedError.errno(at: $0, in: remarks) } ?? StatedError(in: Line(line[...]))?.errno
        return stated ?? (errno == 0 ? nil : errno)
    }

    /// The last instruction, which the verifier rejected.
    var refused: FailingPath.Step? { path.steps.last }

    /// The base register of the rejected load or store.
    var base: Int? {
        switch refused?.operation {
        case .load(_, let base, _, _)?, .store(let base, _, _, _)?: base
        default: nil
        }
    }

    /// Whether the log shows the program from its first instruction.
    var isWhole: Bool { path.steps.first?.instruction.index == 0 }
}

extension Catalogue {
    /// Why a program was rejected, as precisely as the text shows it.
    ///
    /// The parameters are those of `decidingCause`, which finds the deciding line and its entry. It is replaced by the
    /// first narrower entry whose conditions hold.
    package func cause(
        ofLog log: LogSummary, logComplete: Bool = true, loader: LoaderOutput, errno: Int32 = 0, stage: Stage = .load
    ) -> Cause? {
        let cause = decidingCause(ofLog: log, logComplete: logComplete, loader: loader, errno: errno, stage: stage)
        let lines = log.isEmpty ? loader.log ?? log.lines : log.lines
        return cause.map { narrowed($0, log: stage > .load ? [] : lines, loader: loader.lines, errno: errno) }
    }

    /// The same cause, or the narrower one that the log and the loader's lines show.
    func narrowed(_ cause: Cause, log: [Line], loader: [Line], errno: Int32 = 0) -> Cause {
        guard entries.contains(where: { $0.narrowing?.ids.contains(cause.id) == true }) else { return cause }
        let evidence = FailureEvidence(log: log, loader: loader, errno: errno)
        let entry = entries.first {
            $0.narrowing?.holds(of: cause.id, line: cause.line, evidence: evidence) == true
        }
        return entry?.cause(line: cause.line, source: cause.source) ?? cause
    }
}
