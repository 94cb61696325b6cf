/// Why a program failed, in the four sections of Linux 7.3's reports.
///
/// Quotes the kernel's report if it wrote one.
package struct Explanation: Codable, Sendable, Hashable {
    package var reason: String
    /// The instruction that was rejected, followed by ` ; ` and its source line if the log has one; `null` without a
    /// log.
    @Nullable package var at: String?
    /// The path to it: branches, and the steps of the rejected value, in order.
    package var path: [String]
    package var suggestion: String
    /// Additional facts: the first kernel that accepts the code, and whether this kernel has a feature.
    package var facts: [String]
    /// The recognized shape of the code, for shapes that depend on the kernel: `spill`, `copy`.
    @Nullable package var shape: String?

    package init(
        reason: String, at: String? = nil, path: [String] = [], suggestion: String, facts: [String] = [],
        shape: String? = nil
    ) {
        self.reason = reason
        self.at = at
        self.path = path
        self.suggestion = suggestion
        self.facts = facts
        self.shape = shape
    }
}
