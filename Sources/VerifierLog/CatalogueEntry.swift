package import MatrixModel

/// A message of a verifier or a loader, or an errno that comes without one, and what to do about it.
package struct CatalogueEntry: Sendable, Decodable {
    package var id: String
    package var category: String
    package var meaning: String
    package var reason: String?
    /// One sentence.
    package var advice: String
    package var since: String?
    /// A line that the entry is about; `nil` for entries about an errno alone.
    package var example: String?
    /// The first and last source tree that hold the text, as `4.15-7.3`; it dates the text, not the rule.
    package var seen: String?
    /// The findings that the entry is about; each has one entry at most.
    package var findings: [GuestFinding.Code]
    /// The errnos that select the entry if there is no message.
    package var errnos: [Int32]
    /// The errnos for which it stands where a map could not be created.
    package var mapErrnos: [Int32]
    /// The errnos for which it stands where a program loaded and could not be attached.
    package var attachErrnos: [Int32]
    /// The errnos for which it stands where no event came, or another one.
    package var fireErrnos: [Int32]
    /// The errnos that its reasons come with, or none where any can: a line for which another is stated is not about it.
    package var onlyErrnos: [Int32]
    /// `false` for lines that only accompany a failure, as libbpf's `BPF program load failed`.
    package var decides: Bool
    /// Whether the line only sums up a failure: any line that names a cause goes before it, wherever it stands.
    package var isSummary: Bool
    /// Whether the message is about the program as a whole, so that the instruction above it is only the last of many.
    package var isOfProgram: Bool
    /// Whether the advice depends on the instructions above the message.
    package var needsTrace: Bool
    /// Whether the message is about a log buffer that is too small, and not about the program.
    package var isAboutLog: Bool
    /// By the id of the entry for the last line of a message: the id that is meant where this entry's line stands above it.
    package var with: [String: String]
    let feature: FeatureReference?
    let pattern: LinePattern?
    /// `nil` for an entry that replaces no other.
    let narrowing: Narrowing?

    /// What the message implies about a kernel feature.
    struct FeatureReference: Sendable, Decodable {
        enum Statement: String, Sendable, Decodable {
            /// That the kernel has it not.
            case absent
            /// The same on kernels that are older than it; on others the message is about something else.
            case absentIfOlder
            /// That the kernel has it, though not for this program.
            case elsewhere
            case nothing
        }

        var kind: Feature.Kind
        /// The group of the regular expression that captures the name; `name` if there is none.
        var group: String?
        var name: String?
        var says: Statement
    }

    private enum CodingKeys: String, CodingKey {
        case id, category, regex, literals, findings, with, feature, errnos, mapErrnos, attachErrnos, fireErrnos,
            onlyErrnos, decides, meaning, cause, advice, needsTrace
        case isOfProgram = "ofProgram"
        case isAboutLog = "ofLog"
        case isSummary = "summary"
        case since, example, seen
    }

    package init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        id = try container.decode(String.self, forKey: .id)
        category = try container.decode(String.self, forKey: .category)
        meaning = try container.decode(String.self, forKey: .meaning)
        reason = try container.decodeIfPresent(String.self, forKey: .cause)
        advice = try container.decode(String.self, forKey: .advice)
        since = try container.decodeIfPresent(String.self, forKey: .since)
        example = try container.decodeIfPresent(String.self, forKey: .example)
        seen = try container.decodeIfPresent(String.self, forKey: .seen)
        findings = try container.decodeIfPresent([GuestFinding.Code].self, forKey: .findings) ?? []
        errnos = try container.decodeIfPresent([Int32].self, forKey: .errnos) ?? []
        mapErrnos = try container.decodeIfPresent([Int32].self, forKey: .mapErrnos) ?? []
        attachErrnos = try container.decodeIfPresent([Int32].self, forKey: .attachErrnos) ?? []
        fireErrnos = try container.decodeIfPresent([Int32].self, forKey: .fireErrnos) ?? []
        onlyErrnos = try container.decodeIfPresent([Int32].self, forKey: .onlyErrnos) ?? []
        with = try container.decodeIfPresent([String: String].self, forKey: .with) ?? [:]
        feature = try container.decodeIfPresent(FeatureReference.self, forKey: .feature)
        isOfProgram = try container.decodeIfPresent(Bool.self, forKey: .isOfProgram) ?? false
        needsTrace = try container.decodeIfPresent(Bool.self, forKey: .needsTrace) ?? false
        isAboutLog = try container.decodeIfPresent(Bool.self, forKey: .isAboutLog) ?? false
        isSummary = try container.decodeIfPresent(Bool.self, forKey: .isSummary) ?? false
        decides = try container.decodeIfPresent(Bool.self, forKey: .decides) ?? true
        narrowing = try Narrowing(from: decoder)
        pattern = try container.decodeIfPresent(String.self, forKey: .regex).map { regex in
            LinePattern(regex, literals: try container.decodeIfPresent([String].self, forKey: .literals) ?? [])
        }
    }

    /// Whether it is about attaching, and not about what comes before.
    var isOfAttachment: Bool { category == "Attachment" }

    /// Whether a loader prints the message, rather than a verifier.
    var isOfLoader: Bool { isOfAttachment || category.hasPrefix("Loader (") }

    /// Whether one of its reasons can have come with the error that is stated for the message at `place`.
    func admitsError(at place: Int, in messages: [Line]) -> Bool {
        // An entry about what a load returns is not about the same errno of an attachment.
        if !errnos.isEmpty, attachErrnos.isEmpty, StatedError.isOfAttachment(at: place, in: messages) { return false }
        guard !onlyErrnos.isEmpty, let errno = StatedError.errno(at: place, in: messages) else { return true }
        return onlyErrnos.contains(errno)
    }

    func errnos(at stage: Stage) -> [Int32] {
        switch stage {
        case .open, .maps, .load: errnos
        case .attach: attachErrnos
        case .fire: fireErrnos
        }
    }

    func cause(line: String, source: String?) -> Cause {
        Cause(id: id, category: category, line: line, source: source, advice: advice, since: since)
    }
}
