package import MatrixModel

/// All that a text shows of a failure: the cause, the explanation, and where the line that decided stands.
package struct Diagnosis: Sendable {
    package var cause: Cause
    package var explanation: Explanation
    /// Where the line that decided stands; `nil` where no line of the text did.
    package var origin: Line.Origin?
    /// The loader that wrote the text; `nil` if the text does not show it.
    package var loader: SpeakingLoader?
    package var sketch: FixSketch?
}

extension Catalogue {
    /// What `text`, from anywhere, shows of a failure; `nil` where it shows none.
    package func diagnosis(of text: LogSummary) -> Diagnosis? {
        guard let evidence = TextEvidence(in: text, catalogue: self) else { return nil }
        let loader = SpeakingLoader(in: text.allLines)
        let cause = evidence.cause
        return Diagnosis(
            cause: cause, explanation: explanation(of: evidence, text, loader),
            origin: Self.origin(of: cause, in: text),
            loader: loader, sketch: FixSketch(for: cause, entry: self[id: cause.id], text: text, loader: loader))
    }

    /// The explanation of a cause that was found in `text`.
    package func explanation(of cause: Cause, ofText text: LogSummary) -> Explanation {
        guard let evidence = TextEvidence(in: text, catalogue: self), evidence.cause == cause else {
            return explanation(
                of: cause, lines: text.lines, loader: LoaderOutput(lines: text.loaderLines), kernel: nil)
        }
        return explanation(of: evidence, text, SpeakingLoader(in: text.allLines))
    }

    private func explanation(of evidence: TextEvidence, _ text: LogSummary, _ loader: SpeakingLoader?) -> Explanation {
        let path = FailingPath(in: text.lines)
        var told = explanation(
            of: evidence.cause, lines: text.lines, path: path, loader: LoaderOutput(lines: text.loaderLines),
            kernel: nil)
        if evidence.isIgnored {
            told.reason += " The loader ignored this and went on, so a failure that followed has another reason."
            return told.ofAnyKernel
        }
        let gap = EvidenceGap(in: text, evidence, path, self[id: evidence.cause.id])
        if gap == nil, !text.holdsLog, let count = text.allLines.lazy.compactMap(\.omittedLines).last {
            told.facts.append(
                "The loader left out \(count) line\(count == 1 ? "" : "s") of the log. To get the complete log, "
                    + (loader ?? .cilium).command(in: text.allLines))
        }
        if let gap {
            let command = loader?.command(in: text.allLines) ?? SpeakingLoader.anyCommand
            told.reason = gap.isWholeReason ? gap.words : "\(told.reason) \(gap.words)"
            if let suggestion = gap.suggestion(for: evidence.cause) {
                told.suggestion = suggestion
            } else if gap != .noBeginning, !Self.advising.contains(evidence.cause.id) {
                told.suggestion = "To get the complete log, \(command)"
            } else {
                told.facts.append("To get the complete log, \(command)")
            }
        }
        return told.ofAnyKernel
    }

    /// Causes whose advice holds without a log.
    private static let advising: Set<String> = ["unsupported", "argument-list", "bcc-load"]

    /// The last line that is the one of `cause`, or contains it.
    private static func origin(of cause: Cause, in text: LogSummary) -> Line.Origin? {
        text.allLines.last { $0.text.trimmed == cause.line }?.origin
            ?? text.allLines.last { $0.text.hasSuffix(cause.line) }?.origin
    }
}

/// What a text lacks for an explanation.
private enum EvidenceGap {
    /// The load failed, and the verifier's log is not in the text.
    case noLog
    /// The log ends before its message.
    case noEnd
    /// The log is complete and has no message: the kernel rejected a program that the verifier went through.
    case accepted
    /// The loader announces a log and prints none.
    case emptyLog
    /// No line is one of a verifier or a loader.
    case noMessage
    /// The message stands alone, and its advice is about the instructions above it.
    case noTrace
    /// The path to the message begins somewhere in the middle.
    case noBeginning

    /// `nil` where nothing is missing that would say more.
    init?(in text: LogSummary, _ evidence: TextEvidence, _ path: FailingPath, _ entry: CatalogueEntry?) {
        switch evidence.basis {
        case .nothingTold where text.endsWithEmptyLog, .unknown where text.endsWithEmptyLog: self = .emptyLog
        case .nothingTold: self = .noMessage
        case .unknown where !text.hasLog:
            guard evidence.stage == .load else { return nil }
            self = .noLog
        case .message where path.steps.isEmpty && entry?.needsTrace == true: self = .noTrace
        case .message, .unknown:
            guard Self.needPath.contains(evidence.cause.id), !path.steps.isEmpty, !path.isWhole else { return nil }
            self = .noBeginning
        case .logWithoutMessage:
            let isWhole = text.lines.contains { $0.kind == .total } && !text.allLines.contains(where: Truncation.isMark)
            self = isWhole ? .accepted : .noEnd
        case .summary:
            // An empty log can be complete: the kernel rejected the load before it looked at the program.
            guard !text.hasLog || evidence.cause.id == "refused", evidence.stage != .attach,
                Self.leaveOpen.contains(evidence.cause.id)
            else {
                return nil
            }
            self = .noLog
        }
    }

    /// Causes whose explanation depends on what the program did before.
    private static let needPath: Set<String> = [
        "size-negative", "size-unbounded", "math-unbounded", "any-unbounded", "idx-negative", "idx-max", "idx-min",
    ]

    /// Causes of a load that the verifier may have rejected.
    private static let leaveOpen: Set<String> = [
        Catalogue.unknown, "refused", "unsupported", "argument-list", "verifier-bug", "log-full", "cil-bug", "cil-load",
        "libbpf-load", "libbpf-load-object", "libbpf-log", "refused.verifier", "xdp-object", "aya-load", "bcc-load",
        "bt-load", "ipr-load", "os-error",
    ]

    /// What to do instead of getting the complete log; `nil` if the log would have the reason.
    func suggestion(for cause: Cause) -> String? {
        switch self {
        case .emptyLog:
            "Read the errno of BPF_PROG_LOAD with `strace -f -e bpf`; without that call the tool refused the program "
                + "itself, as older versions of bcc did with more than 4096 instructions, so shorten it or update the tool."
        case .accepted where Self.refusals.contains(StatedError(in: Line(cause.line[...]))?.errno ?? 0):
            "Look for a denial in the audit log (`ausearch -m avc -ts recent`), for lockdown and for other "
                + "messages in dmesg: after the verifier, a security module or a policy of the kernel refuses with this errno."
        case .accepted:
            "Compare what is passed with the program (attach type, license, maps that other programs use, such as "
                + "a program array) with a program that loads, and look for a warning in dmesg."
        default: nil
        }
    }

    /// EPERM and EACCES.
    private static let refusals: Set<Int32> = [1, 13]

    var isWholeReason: Bool { [.noEnd, .noMessage, .accepted, .emptyLog].contains(self) }

    var words: String {
        switch self {
        case .noLog:
            "The text does not contain the verifier's log, which has the reason if the verifier rejected the program."
        case .emptyLog: "The loader printed an empty log: the load failed before the verifier wrote a line."
        case .noMessage: "No line of the text is known to be from the verifier or from a loader."
        case .accepted:
            "The verifier went through the program and reported nothing: the kernel rejected the load for another reason, "
                + "which it did not name."
        case .noEnd: "The text does not contain the verifier's message: the end of the log is missing."
        case .noTrace:
            "The text does not contain the instructions above the message, which show where the value came from."
        case .noBeginning:
            "The beginning of the log is missing, so checks above the first line are not taken into account."
        }
    }
}

extension LogSummary {
    /// Whether the last line is a heading of bpftrace for the log, `Error log:`.
    fileprivate var endsWithEmptyLog: Bool {
        let last = allLines.last { $0.kind != .blank && !$0.isPunctuation }?.text.trimmed
        return last == "Error log:" || last == "Kernel error log:"
    }
}

extension Line {
    /// 646 of `(646 line(s) omitted)`, with which cilium/ebpf ends a summary.
    fileprivate var omittedLines: Int? {
        guard text.utf8.span.contains(" line(s) omitted)", from: 0), let end = text.firstRange(of: " line(s) omitted)")
        else { return nil }
        let digits = text[..<end.lowerBound].reversed().prefix { $0.isASCII && $0.isNumber }
        return Int(String(digits.reversed()))
    }
}

extension Explanation {
    /// The same without a statement about the kernel at hand, of which a text says nothing.
    fileprivate var ofAnyKernel: Explanation {
        var told = self
        told.reason = reason.ofAnyKernel
        told.suggestion = suggestion.ofAnyKernel
        told.facts = facts.map(\.ofAnyKernel)
        return told
    }
}

extension String {
    /// "This kernel" is the one of a cell, which was booted; of a text it is the one that wrote it.
    package var ofAnyKernel: String {
        replacing("this kernel", with: "the kernel").replacing("This kernel", with: "The kernel")
    }
}
