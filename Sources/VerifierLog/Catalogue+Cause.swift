package import MatrixModel

extension Catalogue {
    /// The id of a cause whose message the catalogue does not have; such text is shown, never guessed at.
    package static let unknown = "unknown"

    /// Why a program was rejected.
    ///
    /// Evaluated in this order: the verifier's message, if it is in the catalogue; the loader's message, if it is in
    /// the catalogue; a verifier's message that is not in the catalogue (`unknown`); up to the load, a loader's message
    /// that is not in the catalogue; the errno; anything else that the loader wrote. A missing bpf() (ENOSYS) takes
    /// precedence over the loader's message about the step that detected it.
    ///
    /// - Parameters:
    ///   - log: The verifier's log. Its end decides, regardless of its length.
    ///   - logComplete: Whether the log is everything that the verifier wrote. An abridged log is not, but it still has
    ///     the end on kernels with a separate log level for totals (5.2).
    ///   - loader: The loader's other output, one message per line, and its findings. If `log` is empty, a log that
    ///     libbpf framed in this output is used. A finding's cause is that of its code, regardless of its sentence.
    ///   - errno: 0, or the positive errno of the step that failed.
    ///   - stage: The stage that failed. Past `load`, the log is that of an accepted program and explains nothing.
    /// - Returns: `nil` if there is no output and the errno alone explains nothing.
    func decidingCause(
        ofLog log: LogSummary, logComplete: Bool = true, loader: LoaderOutput, errno: Int32 = 0, stage: Stage = .load
    ) -> Cause? {
        let lines = log.isEmpty ? loader.log ?? log.lines : log.lines
        let finding = stage > .load ? nil : DecidingMessage(in: lines)
        let messages = loader.lines.filter { [.message, .loader].contains($0.kind) }
        let decided =
            finding.flatMap { knownCause($0, loader.findings) { $0.decides } } ?? missingCall(errno, stage, messages)
        if let decided = decided ?? loaderCause(messages, where: { $0.decides }) { return decided }
        // ENOSPC hides the verdict: the last line of such a log is where the buffer ended.
        let lacksEnd = errno == Self.noSpace || (log.isAbridged ? log.isEmpty : !logComplete)
        return (lacksEnd ? budgetCause(errno, log) ?? errnoCause(Self.noSpace, stage) : nil)
            ?? finding.flatMap { knownCause($0, loader.findings) { !$0.decides } }
            ?? finding.flatMap(unknownCause)
            ?? (stage <= .load ? unknownWords(messages) : nil)
            // EINVAL before the load comes from the library as often as from the kernel, so its message is more
            // informative.
            ?? (errno == Self.invalid && stage < .load && !messages.isEmpty
                ? nil : errnoCause(errno, stage, said: messages.last))
            ?? loaderCause(messages) { !$0.decides }
            ?? messages.last.map { unknownCause(line: $0.text.trimmed, source: nil, report: nil) }
    }

    package func cause(
        ofLog log: LogSummary, logComplete: Bool = true, loaderMessages: String = "", errno: Int32 = 0,
        stage: Stage = .load
    ) -> Cause? {
        cause(
            ofLog: log, logComplete: logComplete, loader: LoaderOutput(loaderMessages), errno: errno, stage: stage)
    }

    package func cause(
        ofLog log: String, logComplete: Bool = true, loaderMessages: String = "", errno: Int32 = 0, stage: Stage = .load
    ) -> Cause? {
        cause(
            ofLog: LogSummary(of: log), logComplete: logComplete, loaderMessages: loaderMessages, errno: errno,
            stage: stage)
    }

    /// Why an object with a common symbol failed.
    ///
    /// libbpf names the symbol's section. Others skip it or leave its address at 0, and then report what comes of that: `cause`.
    package func cause(ofCommonSymbol symbol: String, insteadOf cause: Cause) -> Cause {
        let consequences = [Self.unknown, "bad-deref", "number-deref"]
        guard consequences.contains(cause.generalID), let entry = self[id: "common-symbol"] else {
            return cause
        }
        return entry.cause(line: "common symbol '\(symbol)'", source: cause.source)
    }

    private static let noSpace: Int32 = 28
    private static let noSuchCall: Int32 = 38
    /// ENOSYS as strerror, Rust and Go write it, as kernels do, and as libbpf does since 1.6: its table of names lacks this one.
    private static let noSuchCallTexts = ["function not implemented", "enosys", "(38)", "-38"]
    private static let invalid: Int32 = 22
    private static let tooBig: Int32 = 7

    /// `found` contains the loader's findings, which can be more specific than the message.
    func knownCause(
        _ finding: DecidingMessage, _ found: [GuestFinding], where holds: (CatalogueEntry) -> Bool
    ) -> Cause? {
        for (place, line) in finding.candidates.enumerated() {
            guard let entry = entry(matching: line, where: holds) else { continue }
            // A sentence below a log is not a verifier message, even if it mentions a loader message.
            if entry.isOfLoader, line.isProse { continue }
            for known in found {
                guard let id = self.entry(for: known.code)?.with[entry.id] else { continue }
                return self[id: id]?.cause(line: line.text.trimmed, source: finding.source)
            }
            return narrower(than: entry, among: finding.candidates[(place + 1)...], source: finding.source)
                ?? entry.cause(line: line.text.trimmed, source: finding.source)
        }
        return nil
    }

    /// A message of several lines can mean another thing than its last one alone, as 7.3's bounds of a packet, and so can
    /// what a loader said before.
    func narrower(than entry: CatalogueEntry, among above: ArraySlice<Line>, source: String?) -> Cause? {
        for line in above {
            guard let id = self.entry(matching: line)?.with[entry.id] else { continue }
            return self[id: id]?.cause(line: line.text.trimmed, source: source)
        }
        return nil
    }

    /// E2BIG from the middle of a long verification: only the budget of instructions ends one so.
    ///
    /// Source: kernel/bpf/verifier.c of Linux 4.4 to 5.1, `do_check`.
    private func budgetCause(_ errno: Int32, _ log: LogSummary) -> Cause? {
        guard log.isAbridged, errno == Self.tooBig else { return nil }
        return self[id: "too-large"]?.cause(line: "errno \(errno), end of the log missing", source: nil)
    }

    func unknownCause(_ finding: DecidingMessage) -> Cause? {
        finding.candidates.first.map {
            unknownCause(line: $0.text.trimmed, source: finding.source, report: finding.report)
        }
    }

    /// Linux 7.3 prints a category and a suggestion of its own, which replace the catalogue's.
    func unknownCause(line: String, source: String?, report: DecidingMessage.Report?) -> Cause {
        Cause(
            id: Self.unknown, category: report?.category ?? "Unknown", line: line, source: source,
            advice: report?.suggestion ?? "Read the log around this message, which is not in the catalogue.",
            since: nil)
    }

    /// A loader's message that no entry matches, if it is more than a summary.
    ///
    /// A finding without an entry is a remark.
    private func unknownWords(_ messages: [Line]) -> Cause? {
        messages.last { $0.finding == nil && entry(matching: $0) == nil }
            .map { unknownCause(line: $0.text.trimmed, source: nil, report: nil) }
    }

    private func loaderCause(_ messages: [Line], where holds: (CatalogueEntry) -> Bool) -> Cause? {
        known(in: messages, where: holds).map { cause(of: $0, in: messages) }
    }

    /// A message of the catalogue, and its place among the others.
    struct KnownMessage {
        var place: Int
        var entry: CatalogueEntry
    }

    /// The last message counts, since loaders go on after the warnings that come first.
    ///
    /// An earlier one goes before it if the last only sums up a failure. What was said before a program was attached
    /// does not explain why it could not be.
    func known(in messages: [Line], where holds: (CatalogueEntry) -> Bool) -> KnownMessage? {
        var summary: KnownMessage?
        for (place, line) in messages.enumerated().reversed() {
            guard
                let entry = entry(
                    matching: line, where: { holds($0) && $0.admitsError(at: place, in: messages) })
            else { continue }
            let message = KnownMessage(place: place, entry: entry)
            guard let found = summary else {
                guard entry.isSummary else { return message }
                summary = message
                continue
            }
            if entry.isSummary {
                // What names no error is a consequence, as of a program that was not loaded and so cannot be attached.
                let isConsequence = StatedError(in: messages[found.place]) == nil && StatedError(in: line) != nil
                if isConsequence { summary = message }
            } else if !found.entry.isOfAttachment || entry.isOfAttachment && line.finding == nil {
                return message
            }
        }
        return summary
    }

    func cause(of message: KnownMessage, in messages: [Line]) -> Cause {
        narrower(than: message.entry, among: messages[..<message.place], source: nil)
            ?? message.entry.cause(line: messages[message.place].text.trimmed, source: nil)
    }

    /// Up to the load, bpf() is the only system call that a loader needs.
    ///
    /// The step at which the loader noticed it is not the reason.
    private func missingCall(_ errno: Int32, _ stage: Stage, _ messages: [Line]) -> Cause? {
        guard errno == Self.noSuchCall, stage <= .load else { return nil }
        let said = messages.last { Self.noSuchCallTexts.contains(where: $0.text.lowercased().contains) }
        return entry(forErrno: errno, at: stage)?
            .cause(line: said?.text.trimmed ?? "errno \(errno), no log", source: nil)
    }

    /// Attaching fails with the same numbers as loading, for other reasons.
    private func errnoCause(_ errno: Int32, _ stage: Stage, said: Line? = nil) -> Cause? {
        let line =
            switch stage {
            case .attach: said?.text.trimmed ?? "errno \(errno) while attaching"
            case .fire: said?.text.trimmed ?? "errno \(errno) while waiting for an event"
            case .open, .maps, .load:
                errno == Self.noSpace ? "the end of the log is missing" : "errno \(errno), no log"
            }
        return entry(forErrno: errno, at: stage)?.cause(line: line, source: nil)
    }
}
