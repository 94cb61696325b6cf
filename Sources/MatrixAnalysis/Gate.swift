package import MatrixModel

/// Whether a run passes the gate, and which conditions it violates: a pure function of the run, its baseline and the
/// rules.
package struct Gate {
    /// A violated condition.
    package struct Breach {
        package var condition: GateCondition
        /// The violations, one per line.
        package var items: [String]
    }

    /// The violated conditions among those that the rules name, in the order of `GateCondition`.
    package let breaches: [Breach]
    /// `nil` without a baseline.
    package let comparison: RunComparison?
    /// Cells without a verdict.
    package let missing: Int
    /// Regressions that a rule in `expect` excuses.
    package let excused: Int
    /// Cells that are not as expected.
    package let unexpected: Int

    /// - Parameters:
    ///   - document: The run.
    ///   - baseline: The earlier run, without the cells that this run did not select.
    ///   - rules: The conditions that fail the run.
    package init(_ document: MatrixDocument, baseline: MatrixDocument?, rules: GateRules) {
        let thresholds = ComparisonThresholds(rules)
        let comparison = baseline.map { RunComparison(from: $0, to: document, thresholds: thresholds) }
        let regressions = Regressions(document, baseline: baseline, comparison: comparison)
        let wrong = document.cells.filter { $0.verdict != .notMeasured && !$0.asExpected }
        self.comparison = comparison
        missing = document.cells.count { $0.verdict == .notMeasured }
        excused = regressions.excused
        unexpected = wrong.count
        let conditions = rules.conditions(hasBaseline: baseline != nil)
        breaches = GateCondition.allCases.filter(conditions.contains).compactMap { condition in
            let items: [String] =
                switch condition {
                case .unexpected:
                    wrong.map { "\($0.key.words): \($0.verdict.rawValue), expected \($0.expected.rawValue)" }
                case .regression: regressions.items
                case .causeChange: Self.changedCauses(comparison)
                case .growth:
                    comparison?.growths.map { growth in
                        "\(growth.cell.words), \(growth.program): \(growth.from) → \(growth.to) instructions"
                    } ?? []
                case .headroom: Self.lowHeadroom(document, comparison, thresholds)
                case .unneeded: document.exceptions(.unneeded)
                case .expired: document.exceptions(.expired)
                }
            return items.isEmpty ? nil : Breach(condition: condition, items: items)
        }
    }

    package enum Decision: Sendable, Equatable {
        case passes
        case fails
        /// No condition is violated, but not everything was measured.
        case isIncomplete
    }

    /// The outcome of the run; unexpected verdicts take precedence over missing cells.
    package func decision(allowMissing: Bool) -> Decision {
        if !breaches.isEmpty { return .fails }
        return missing > 0 && !allowMissing ? .isIncomplete : .passes
    }

    private static func changedCauses(_ comparison: RunComparison?) -> [String] {
        (comparison?.changes(.otherwise) ?? []).filter { $0.to?.verdict != .pass }.map { change in
            let sides = [change.programs.compactMap(\.from?.cause), change.programs.compactMap(\.to?.cause)]
            let words = sides.map { Set($0).sorted().joined(separator: ", ") }.map { $0.isEmpty ? "no cause" : $0 }
            return "\(change.key.words): \(words.joined(separator: " → "))"
        }
    }

    /// With a baseline, only programs that crossed the threshold since then.
    private static func lowHeadroom(
        _ document: MatrixDocument, _ comparison: RunComparison?, _ thresholds: ComparisonThresholds
    ) -> [String] {
        let low =
            comparison?.lowHeadroom.filter(\.isNew)
            ?? RunComparison(from: document, to: document, thresholds: thresholds).lowHeadroom
        return low.map { "\($0.cell.words), \($0.program): \($0.to) % headroom" }
    }
}

/// The cells that are worse than in the baseline.
private struct Regressions {
    var items: [String] = []
    var excused = 0

    /// Finds the cells that are not as expected and worse than in the baseline.
    ///
    /// A cell is worse if it or one of its programs is worse than it was, or if it does not pass and the baseline has
    /// no verdict for it or had one that was as expected.
    ///
    /// A project with many failing cells is therefore measured against its previous state, a rule in `expect` excuses
    /// regressions, and an expired exception no longer does. A pass is never a regression.
    init(_ document: MatrixDocument, baseline: MatrixDocument?, comparison: RunComparison?) {
        guard let baseline, let comparison else { return }
        let before = Dictionary(
            baseline.cells.filter { $0.verdict != .notMeasured }.map { ($0.key, $0) },
            uniquingKeysWith: { first, _ in first })
        let worse = Set(comparison.regressions.map(\.key))
        for cell in document.cells where cell.verdict != .notMeasured {
            let was = before[cell.key]
            if cell.asExpected {
                if worse.contains(cell.key) { excused += 1 }
            } else if worse.contains(cell.key) {
                items.append("\(cell.key.words): \(cell.verdict.rawValue), was \(was?.verdict.rawValue ?? "unknown")")
            } else if cell.verdict != .pass, was == nil {
                items.append("\(cell.key.words): \(cell.verdict.rawValue), no verdict in the baseline")
            } else if cell.verdict != .pass, was?.asExpected == true {
                let why = cell.expectedReason.map { ": \($0)" } ?? ""
                items.append("\(cell.key.words): \(cell.verdict.rawValue) is no longer expected\(why)")
            }
        }
    }
}

extension ComparisonThresholds {
    /// The rules' own thresholds, with defaults for those not set.
    fileprivate init(_ rules: GateRules) {
        self.init()
        growthPercent = rules.growthPercent ?? growthPercent
        growthInstructions = rules.growthInstructions ?? growthInstructions
        headroomPercent = rules.headroomPercent ?? headroomPercent
    }
}

extension CellKey {
    /// For example `readline/plain (libbpf) on debian-6.12`.
    fileprivate var words: String { "\(probe)/\(variant) (\(loader)) on \(kernel)" }
}

extension MatrixDocument {
    fileprivate func exceptions(_ state: ExceptionRow.State) -> [String] {
        exceptions.filter { $0.state == state }.map { "\($0.file):\($0.line)" }
    }

    /// The cells, kernels and loaders that `other` also has: a baseline for a partial run.
    package func restricted(toCellsOf other: MatrixDocument) -> MatrixDocument {
        let keys = Set(other.cells.map(\.key))
        let kernelIDs = Set(other.kernels.map(\.id))
        let loaderNames = Set(other.loaders.map(\.name))
        var copy = self
        copy.cells = cells.filter { keys.contains($0.key) }
        copy.kernels = kernels.filter { kernelIDs.contains($0.id) }
        copy.loaders = loaders.filter { loaderNames.contains($0.name) }
        return copy
    }
}
