/// Why a program failed, in the four sections of Linux 7.3's reports.
///
/// Quotes the kernel's report if it wrote one.
package struct Explanation: Codable, Sendable, Hashable {
    package var reason: String
    /// The instruction that was refused, with its source line behind ` ; ` where the log has one; `null` without a log.
    @Nullable package var at: String?
    /// What led there: branches, and what became of the value that was refused; the first came first.
    package var path: [String]
    package var suggestion: String
    /// What is known besides: since which kernel this is accepted, and whether this one has a feature.
    package var facts: [String]
    /// Which of the known shapes of code this is, for those that depend on the kernel: `spill`, `copy`.
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
