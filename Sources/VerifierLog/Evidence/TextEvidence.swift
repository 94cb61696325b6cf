package import MatrixModel

/// What a text from any source shows about a failure: a verifier's message, a loader's message, or an errno alone.
///
/// Specific messages take precedence over summaries, and verifier messages over a loader's summary of them, regardless
/// of their position.
struct TextEvidence {
    /// What the cause was taken from.
    enum Basis {
        /// A message that names the reason.
        case message
        /// A line that reports what failed, and at most the errno.
        case summary
        /// A log that ends without a message.
        case logWithoutMessage
        /// A line that the catalogue does not have.
        case unknown
        /// A line that reports no failure, of a text that has none that does.
        case nothingTold
    }

    var cause: Cause
    var basis: Basis
    /// The step in which it came, as far as the text tells it.
    private(set) var stage: Stage?
    /// Whether the loader ignores the failure and continues, according to its output.
    private(set) var isIgnored = false

    private init(_ cause: Cause, _ basis: Basis) {
        self.cause = cause
        self.basis = basis
    }

    /// `nil` where the text shows no failure.
    init?(in text: LogSummary, catalogue: Catalogue) {
        var reader = Reader(text: text, catalogue: catalogue)
        guard
            let found = reader.verifierCause ?? reader.kernelAnswer ?? reader.specific ?? reader.unknownMessage
                ?? reader.quoted
                ?? reader.logWithoutMessage ?? reader.summary ?? reader.mentioned ?? reader.unknownLine
        else { return nil }
        self = found
        isIgnored = reader.isIgnored && basis != .unknown && basis != .nothingTold
        cause = catalogue.narrowed(cause, log: text.lines, loader: text.loaderLines)
        if basis != .message { stage = StatedError.stage(in: Line(cause.line[...])) ?? reader.error?.stage }
    }

    /// The questions, in the order in which they are evaluated.
    private struct Reader {
        let text: LogSummary
        let catalogue: Catalogue
        private let finding: DecidingMessage?
        /// What programs wrote.
        private let messages: [Line]
        /// Whether the text has no failure but those that the loader ignored.
        let isIgnored: Bool
        /// What a person wrote around it.
        private let prose: [Line]
        /// Only looked for where no line names a reason.
        private(set) lazy var error = StatedError.first(in: messages) ?? StatedError.first(in: prose)
        /// The message of a loader that decides, be it only a summary.
        private let deciding: Catalogue.KnownMessage?

        init(text: LogSummary, catalogue: Catalogue) {
            self.text = text
            self.catalogue = catalogue
            let hasReport = text.lines.contains { $0.hasPrefix(KernelReport.title) }
            finding = text.hasLog || hasReport ? DecidingMessage(in: text.lines) : nil
            let around = text.hasLog ? text.loaderLines : text.allLines
            let said = around.filter { [.message, .loader].contains($0.kind) && !$0.isPunctuation }
            let isOfFunction = around.contains { $0.hasPrefix("Validating ") }
            let reasons = isOfFunction ? said : said.filter { !$0.isQuotedRemarkOnTypes }
            let lines = Self.ends(of: reasons.isEmpty ? said : reasons)
            let program = lines.filter { !$0.isProse && !$0.reportsProgress && !$0.isSuccessfulCall }
            let failures = IgnoredFailures.removed(from: program)
            isIgnored = failures.count < program.count && !failures.contains { $0.weight >= Line.telling }
            messages = isIgnored ? program : failures
            prose = lines.filter(\.isProse)
            deciding = catalogue.known(in: messages) { $0.decides }
        }

        /// Each is matched against the whole catalogue, which takes up to a millisecond.
        private static let mostMessages = 256

        private static func ends(of messages: [Line]) -> [Line] {
            guard messages.count > mostMessages else { return messages }
            return Array(messages.prefix(mostMessages / 4) + messages.suffix(mostMessages / 4 * 3))
        }

        private var isCut: Bool { text.allLines.contains(where: Truncation.isMark) }

        private var findings: [GuestFinding] { messages.compactMap(\.finding) }

        var verifierCause: TextEvidence? {
            finding.flatMap { catalogue.knownCause($0, findings) { $0.decides && !$0.isSummary } }
                .map { TextEvidence($0, .message) }
        }

        /// The kernel's answer to a netlink request, regardless of the loader's message below it.
        ///
        /// Source: libbpf `src/nlattr.c`, `libbpf_nla_dump_errormsg`.
        var kernelAnswer: TextEvidence? {
            for line in messages.reversed() {
                guard let mark = line.text.firstRange(of: "Kernel error message: ") else { continue }
                let answer = Line(line.text[mark.upperBound...], origin: line.origin)
                let entry = catalogue.entry(matching: answer) ?? catalogue.entry(matching: line)
                // `Exclusivity flag on` only means that a qdisc already exists; the loader continues.
                guard let entry, entry.decides || catalogue.entry(matching: answer) == nil else { continue }
                return TextEvidence(entry.cause(line: line.text.trimmed, source: nil), .message)
            }
            return nil
        }

        /// A loader's message that names a reason.
        var specific: TextEvidence? {
            guard let known = deciding, !known.entry.isSummary else { return nil }
            if let cause = missingPrivilege(in: messages[known.place], insteadOf: known.entry) {
                return TextEvidence(cause, .summary)
            }
            // EACCES is what the verifier returns for most of its rejections: the reason is in a log that is not here.
            let basis: Basis = known.entry.errnos.contains(TextEvidence.rejected) ? .summary : .message
            return TextEvidence(placed(catalogue.cause(of: known, in: messages), at: messages[known.place]), basis)
        }

        /// EPERM is about privileges, whichever call of a loader returns it.
        private func missingPrivilege(in line: Line, insteadOf entry: CatalogueEntry) -> Cause? {
            guard entry.isOfLoader, let error = StatedError(in: line), error.errno == TextEvidence.notPermitted else {
                return nil
            }
            let text = [entry.meaning, entry.reason, entry.advice].compactMap(\.self).joined(separator: " ")
            guard !TextEvidence.isOfPrivileges(text) else { return nil }
            return errnoCause(error, insteadOf: nil)
        }

        /// The log's message, if the catalogue does not have it.
        var unknownMessage: TextEvidence? {
            guard let finding else { return nil }
            if let known = catalogue.knownCause(finding, findings, where: { _ in true }) {
                return TextEvidence(known, .message)
            }
            return catalogue.unknownCause(finding).map {
                TextEvidence($0, finding.report == nil ? .unknown : .message)
            }
        }

        /// A message that a person quotes and that names a reason.
        var quoted: TextEvidence? {
            let quotations = prose.flatMap(\.quotations).filter { !$0.isQuotedRemarkOnTypes }
            return catalogue.known(in: quotations) { $0.decides && !$0.isSummary }.map {
                TextEvidence(catalogue.cause(of: $0, in: quotations), .message)
            }
        }

        /// A program that the verifier went through and that failed all the same, or a log that was cut.
        var logWithoutMessage: TextEvidence? {
            mutating get {
                guard finding == nil, text.hasLog && !text.isEmpty || isOfTotalsAlone || quotesTrace else { return nil }
                // The verifier did not even begin: the kernel rejected what was passed with the program.
                if text.statistics?.instructions == 0 { return nil }
                let hasTotals = isOfTotalsAlone || text.lines.contains { $0.kind == .total }
                let isOfCut = isCut && !hasTotals && error?.errno == TextEvidence.badAddress
                if let error, !isOfCut, error.stage == .attach || TextEvidence.pastVerifier.contains(error.errno) {
                    return nil
                }
                if !text.holdsLog, !isOfTotalsAlone, !quotesTrace { return nil }
                guard error != nil || !hasTotals else { return nil }
                let last = text.lines.last { $0.kind != .blank }?.text.trimmed ?? ""
                // bpftrace and libbpf report why the end is missing, and how to get it.
                if let deciding, !hasTotals, deciding.entry.isAboutLog {
                    return TextEvidence(catalogue.cause(of: deciding, in: messages), .message)
                }
                if isCut, !hasTotals, !quotesTrace, let entry = catalogue[id: "log-full"] {
                    return TextEvidence(entry.cause(line: last, source: nil), .logWithoutMessage)
                }
                let line = error?.line.text.trimmed ?? last
                return TextEvidence(catalogue.unknownCause(line: line, source: nil, report: nil), .logWithoutMessage)
            }
        }

        /// Whether the log is complete, ends with the end of the program, and refuses nothing.
        private var isAccepted: Bool {
            guard finding == nil, text.hasLog, !isCut, text.lines.contains(where: { $0.kind == .total }) else {
                return false
            }
            return text.lines.last { $0.kind == .instruction }?.instruction?.kind == .exit
        }

        /// Whether a loader's summary of the log ends before the message; of EFAULT that is not all that is missing.
        private var quotesTrace: Bool {
            mutating get {
                guard isCut, error?.errno != TextEvidence.badAddress else { return false }
                return messages.contains { line in
                    guard let quoted = line.quotedLog else { return false }
                    return quoted.kind.isTrace && quoted.messageAfterInstruction == nil
                }
            }
        }

        /// Whether a loader quotes the totals, and nothing of what stood above them.
        private var isOfTotalsAlone: Bool {
            messages.contains { line in
                let (bytes, word) = (line.text.utf8.span, "processed " as StaticString)
                guard let place = bytes.firstIndex(of: word, from: 0),
                    let number = bytes.number(from: place + word.utf8CodeUnitCount)
                else { return false }
                return number.value > 0 && bytes.hasPrefix(" insns", at: number.end)
            }
        }

        /// What failed, and the errno.
        var summary: TextEvidence? {
            mutating get {
                let known = deciding ?? catalogue.known(in: messages) { !$0.isSummary }
                if let error, !isIgnored, let cause = errnoCause(error, insteadOf: known?.entry) {
                    return TextEvidence(cause, .summary)
                }
                // The markers around the log of an accepted program do not report a failure.
                if known == nil, isAccepted { return nil }
                if let known = known ?? catalogue.known(in: messages, where: { _ in true }) {
                    return TextEvidence(
                        placed(catalogue.cause(of: known, in: messages), at: messages[known.place]), .summary)
                }
                return nil
            }
        }

        /// A message of the catalogue in a sentence, where nothing else is in the text.
        var mentioned: TextEvidence? {
            guard finding == nil, !text.hasLog || text.isEmpty else { return nil }
            let remaining = prose.filter { !$0.isQuotedRemarkOnTypes }
            return catalogue.known(in: remaining) { $0.decides }.map {
                TextEvidence(
                    placed(catalogue.cause(of: $0, in: remaining), at: remaining[$0.place]),
                    $0.entry.isSummary ? .summary : .message)
            }
        }

        /// The line that says most of a failure; the last one of several.
        var unknownLine: TextEvidence? {
            guard !text.hasLog || text.isEmpty else { return nil }
            let lines = (messages.isEmpty ? prose : messages).map { (line: $0, weight: $0.weight) }
            guard let most = lines.map(\.weight).max(), let line = lines.last(where: { $0.weight == most })?.line else {
                return nil
            }
            return TextEvidence(
                catalogue.unknownCause(line: line.text.trimmed, source: nil, report: nil),
                most < Line.telling ? .nothingTold : .unknown)
        }

        /// The entry for the errno; `known` says more, unless the errno has few reasons.
        private func errnoCause(_ error: StatedError, insteadOf known: CatalogueEntry?) -> Cause? {
            // EFAULT has several reasons, and the part that was cut may have named one.
            guard error.errno != TextEvidence.badAddress || !isCut else { return nil }
            let stage = error.stage ?? .load
            if error.stage == nil, !TextEvidence.telling.contains(error.errno) { return nil }
            if let known, stage == .attach {
                guard !known.decides, TextEvidence.tellingOfAttachment.contains(error.errno) else { return nil }
            } else if let known {
                guard TextEvidence.telling.contains(error.errno) else { return nil }
                // The entry already names the missing privileges and what needs them.
                let isAboutRights =
                    known.decides && TextEvidence.isOfPrivileges(known.advice) || known.advice.contains("MEMLOCK")
                if error.errno == TextEvidence.notPermitted, isAboutRights { return nil }
            }
            return catalogue.entry(forErrno: error.errno, at: stage)?
                .cause(line: error.line.text.trimmed, source: nil)
        }

        /// With the source line above a message that was pasted without its trace.
        private func placed(_ cause: Cause, at line: Line) -> Cause {
            guard !text.hasLog, let place = text.allLines.lastIndex(where: { $0.text == line.text }) else {
                return cause
            }
            var cause = cause
            cause.source = text.allLines[..<place].last { $0.kind == .source }.flatMap(\.shownSource)
            return cause
        }
    }

    private static let notPermitted: Int32 = 1
    private static let rejected: Int32 = 13
    private static let badAddress: Int32 = 14
    /// What an entry mentions that already is about privileges.
    private static let privileges = [
        "rivilege", "apabilit", "CAP_", "emlock", "MEMLOCK", "root", "lockdown", "locked down", "seccomp",
        "rights",
    ]

    private static func isOfPrivileges(_ text: String) -> Bool { privileges.contains { text.contains($0) } }

    /// Errnos of bpf() with few reasons, whoever returns them: EPERM, E2BIG, ENOMEM, EMFILE, ENOSYS, ENOTSUPP, and
    /// libbpf's LIBBPF_ERRNO__VERIFY.
    private static let telling: Set<Int32> = [1, 7, 12, 24, 38, 524, 4007]
    /// EPERM, E2BIG, EACCES, EBUSY, EEXIST, EILSEQ, ENOTSUPP.
    private static let tellingOfAttachment: Set<Int32> = [1, 7, 13, 16, 17, 84, 524]
    /// What a load returns after the verifier went through the program, or instead of an end of the log: E2BIG, EAGAIN,
    /// ENOMEM, EFAULT, ENOSPC, EOPNOTSUPP, ENOTSUPP.
    private static let pastVerifier: Set<Int32> = [7, 11, 12, 14, 28, 95, 524]
}

extension Catalogue {
    /// Why a program was rejected, from text that came from anywhere: a bare log, or a loader's output around it.
    package func cause(ofText text: LogSummary) -> Cause? { TextEvidence(in: text, catalogue: self)?.cause }

    package func cause(ofText text: String) -> Cause? { cause(ofText: LogSummary(of: text)) }
}
