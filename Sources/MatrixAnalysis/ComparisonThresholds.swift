/// From when on a number is worth telling.
package struct ComparisonThresholds: Codable, Sendable, Hashable {
    /// By how much the instructions that a verifier processes of a program must grow, in percent.
    package var growthPercent: Double
    /// By how many they must grow besides: of 20 instructions, 3 more are no news.
    package var growthInstructions: Int
    /// How much of the verifier's limit must be left, in percent, for nothing to be said.
    package var headroomPercent: Double

    package init(growthPercent: Double = 10, growthInstructions: Int = 50, headroomPercent: Double = 15) {
        self.growthPercent = growthPercent
        self.growthInstructions = growthInstructions
        self.headroomPercent = headroomPercent
    }
}
