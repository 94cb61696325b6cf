package import MatrixModel

/// A program that passes in both runs and for which the verifier processes more instructions than before.
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

/// A program that passes with little of the verifier's limit left.
package struct LowHeadroom: Codable, Sendable, Hashable {
    package var cell: CellKey
    package var program: String
    package var instructions: Int
    package var limit: Int
    /// The headroom in the earlier run, in percent; `null` if the program did not pass or the number is unknown.
    @Nullable package var from: Double?
    package var to: Double
    /// Whether the program crossed the threshold in the later run.
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
