/// The conditions under which an entry of the catalogue replaces a more general one.
///
/// The general entry explains the message, the narrower one a single reason for it.
struct Narrowing: Sendable {
    /// The ids of the general entries.
    let ids: [String]
    /// Found in the deciding line.
    let line: LinePattern?
    /// Each is found in a line of the log or of the loader.
    let beside: [LinePattern]
    /// The error that is stated for the failure is one of these; empty where it does not matter.
    let errnos: [Int32]
    /// Holds of the path that the verifier refused.
    let condition: PathCondition?
}

extension Narrowing {
    enum CodingKeys: String, CodingKey {
        case narrows, line, beside, errno, when
    }

    /// - Returns: `nil` for an entry without the key `narrows`.
    init?(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        guard let ids = try container.decodeIfPresent([String].self, forKey: .narrows) else { return nil }
        self.ids = ids
        line = try container.decodeIfPresent(String.self, forKey: .line).map { LinePattern($0, literals: []) }
        beside = (try container.decodeIfPresent([String].self, forKey: .beside) ?? [])
            .map { LinePattern($0, literals: []) }
        errnos = try container.decodeIfPresent([Int32].self, forKey: .errno) ?? []
        condition = try container.decodeIfPresent(PathCondition.self, forKey: .when)
    }

    /// Whether it says more of `cause` than the cause's own entry.
    func holds(of cause: String, line text: String, evidence: FailureEvidence) -> Bool {
        guard ids.contains(cause) else { return false }
        if let line, !line.matches(Substring(text)) { return false }
        guard beside.allSatisfy({ pattern in evidence.remarks.contains { pattern.matches($0.text) } }) else {
            return false
        }
        if !errnos.isEmpty {
            guard let errno = evidence.errno(of: text), errnos.contains(errno) else { return false }
        }
        return condition.map { $0.holds(of: text, evidence) } ?? true
    }
}
