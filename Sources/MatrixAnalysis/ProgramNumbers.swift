package import MatrixModel

/// A program that passes in both runs and has the verifier process more than it did.
package struct InstructionGrowth: Codable, Sendable, Hashable {
    package var cell: CellKey
    package var program: String
    package var from: Int
    package var to: Int
    /// With one decimal.
    package var percent: Double
    package var setting: Setting

    static func all(in pair: CellPair, _ thresholds: ComparisonThresholds, setting: Setting) -> [InstructionGrowth] {
        pair.programs.compactMap { name, from, to in
            guard from?.verdict == .pass, to?.verdict == .pass, let old = from?.stats?.instructions,
                let new = to?.stats?.instructions, old > 0, new > old, new - old >= thresholds.growthInstructions
            else { return nil }
            let percent = Double(new - old) * 100 / Double(old)
            guard percent > thresholds.growthPercent else { return nil }
            return InstructionGrowth(
                cell: pair.key, program: name, from: old, to: new, percent: (percent * 10).rounded() / 10,
                setting: setting)
        }
    }
}

/// A program that passes, and leaves little of the verifier's limit.
package struct LowHeadroom: Codable, Sendable, Hashable {
    package var cell: CellKey
    package var program: String
    package var instructions: Int
    package var limit: Int
    /// What was left in the earlier run, in percent; `null` where it did not pass or no number is known.
    @Nullable package var from: Double?
    package var to: Double
    /// Whether it is the later run that crossed the threshold.
    package var isNew: Bool

    static func all(in pair: CellPair, _ thresholds: ComparisonThresholds) -> [LowHeadroom] {
        pair.programs.compactMap { name, from, to in
            guard let to, to.verdict == .pass, let stats = to.stats, let instructions = stats.instructions,
                let limit = stats.limit, let left = stats.headroomPercent, left < thresholds.headroomPercent
            else { return nil }
            let before = from?.verdict == .pass ? from?.stats?.headroomPercent : nil
            return LowHeadroom(
                cell: pair.key, program: name, instructions: instructions, limit: limit, from: before, to: left,
                isNew: before.map { $0 >= thresholds.headroomPercent } ?? true)
        }
    }
}
