/// The limits above which a change in numbers is reported.
package struct ComparisonThresholds: Codable, Sendable, Hashable {
    /// The minimum growth of the instructions processed for a program, in percent.
    package var growthPercent: Double
    /// The minimum growth in instructions, in addition to the percentage: 3 more of 20 are not worth reporting.
    package var growthInstructions: Int
    /// The headroom below which a program is reported, in percent of the verifier's limit.
    package var headroomPercent: Double

    package init(growthPercent: Double = 10, growthInstructions: Int = 50, headroomPercent: Double = 15) {
        self.growthPercent = growthPercent
        self.growthInstructions = growthInstructions
        self.headroomPercent = headroomPercent
    }
}
