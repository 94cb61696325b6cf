import MatrixModel

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
    /// The errnos for which the entry stands when nobody wrote a word.
    package var errnos: [Int32]
    /// `false` for lines that only accompany a failure, as libbpf's `BPF program load failed`.
    package var decides: Bool
    let pattern: LinePattern?

    private enum CodingKeys: String, CodingKey {
        case id, category, regex, literals, errnos, decides, meaning, cause, advice, since, example, seen
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
        errnos = try container.decodeIfPresent([Int32].self, forKey: .errnos) ?? []
        decides = try container.decodeIfPresent(Bool.self, forKey: .decides) ?? true
        pattern = try container.decodeIfPresent(String.self, forKey: .regex).map { regex in
            try LinePattern(regex, literals: try container.decodeIfPresent([String].self, forKey: .literals) ?? [])
        }
    }

    func cause(line: String, source: String?) -> Cause {
        Cause(id: id, category: category, line: line, source: source, advice: advice, since: since)
    }
}
