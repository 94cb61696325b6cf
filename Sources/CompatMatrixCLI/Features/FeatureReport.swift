import KernelExamination

/// The output of `compat-matrix features`.
struct FeatureReport {
    /// All requested kernels, in order.
    private let kernels: [KernelDescription]
    private let columns: [FeatureComparison.Column]
    private let listed: Set<String>
    /// Two kernels, or none.
    private let diff: [String]

    /// `examined` contains for each kernel whether its facts are reliable; unreliable ones are not compared in `diff`.
    init(_ examined: [(kernel: KernelDescription, isSound: Bool)], listed: Set<String>, diff: [String]) {
        kernels = examined.map(\.kernel)
        columns = examined.compactMap { kernel, isSound in
            guard isSound, let facts = kernel.facts else { return nil }
            return FeatureComparison.Column(kernel: kernel.listing.id, facts: facts, config: kernel.config?.values)
        }
        self.listed = listed
        self.diff = diff
    }

    /// For people; `nil` if nothing is known.
    func text(names: Bool, width: Int?) -> String? {
        var parts: [String] = []
        let shown = columns.filter { listed.contains($0.kernel) }
        if let only = shown.first, shown.count == 1 {
            parts += kernels.filter { $0.listing.id == only.kernel }.map {
                $0.sheet(withHelpers: names).text(width: width ?? 100)
            }
        } else if !shown.isEmpty {
            parts.append(FeatureComparison(shown, names: names).text(width: width))
        }
        if let compared { parts.append(FeatureComparison(compared, names: names).differences(width: width)) }
        return parts.isEmpty ? nil : parts.joined(separator: "\n\n")
    }

    /// The columns of `diff` in its order.
    private var compared: [FeatureComparison.Column]? {
        let found = diff.compactMap { id in columns.first { $0.kernel == id } }
        return found.count == 2 ? found : nil
    }
}

extension FeatureReport: Encodable {
    private enum CodingKeys: String, CodingKey {
        case kernels, diff
    }

    private struct Difference: Encodable {
        var section: String
        var name: String
        var from: FeatureComparison.Mark
        var to: FeatureComparison.Mark
    }

    private struct Comparison: Encodable {
        var from: String
        var to: String
        var differences: [Difference]
        /// How many rows are the same.
        var same: Int

        init(_ columns: [FeatureComparison.Column]) {
            let table = FeatureComparison(columns, names: true)
            from = table.kernels[0]
            to = table.kernels[1]
            differences = table.sections.flatMap { section in
                section.rows.filter(\.differs).map {
                    Difference(section: section.title, name: $0.name, from: $0.marks[0], to: $0.marks[1])
                }
            }
            same = table.sections.flatMap(\.rows).filter { !$0.differs }.count
        }
    }

    /// Each kernel as in `kernels show --json`; `diff` is `null` unless two kernels were compared.
    func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(kernels, forKey: .kernels)
        try container.encode(compared.map(Comparison.init), forKey: .diff)
    }
}

extension FeatureComparison.Mark: Encodable {
    /// `true`, `false`, `null` if unknown, or a text.
    package func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        switch self {
        case .present: try container.encode(true)
        case .absent: try container.encode(false)
        case .unknown: try container.encodeNil()
        case .text(let text): try container.encode(text)
        }
    }
}
