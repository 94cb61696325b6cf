package import MatrixModel

/// All that a text shows of a failure: the cause, the explanation, and where the line that decided stands.
package struct Diagnosis: Sendable {
    package var cause: Cause
    package var explanation: Explanation
    /// Where the line that decided stands; `nil` where no line of the text did.
    package var origin: Line.Origin?
    /// The loader that wrote the text; `nil` where its words do not show it.
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
        if let gap = EvidenceGap(in: text, evidence, path) {
            let command = loader?.command ?? SpeakingLoader.anyCommand
            told.reason = gap == .noEnd ? gap.words : "\(told.reason) \(gap.words)"
            if gap != .noBeginning, !Self.advising.contains(evidence.cause.id) {
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
    /// The path to the message begins somewhere in the middle.
    case noBeginning

    /// `nil` where nothing is missing that would say more.
    init?(in text: LogSummary, _ evidence: TextEvidence, _ path: FailingPath) {
        switch evidence.basis {
        case .unknown where !text.hasLog:
            guard evidence.stage == .load else { return nil }
            self = .noLog
        case .message, .unknown:
            guard Self.needPath.contains(evidence.cause.id), !path.steps.isEmpty, !path.isWhole else { return nil }
            self = .noBeginning
        case .logWithoutMessage: self = .noEnd
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

    var words: String {
        switch self {
        case .noLog:
            "The text does not contain the verifier's log, which has the reason if the verifier rejected the program."
        case .noEnd: "The text does not contain the verifier's message: the end of the log is missing."
        case .noBeginning:
            "The beginning of the log is missing, so checks above the first line are not taken into account."
        }
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
