package import MatrixModel

/// The kernels on which something passes, described from the oldest on.
///
/// "From 5.10 on" is rarely the whole truth, because distributions backport features, and remove them.
package struct SupportRange: Codable, Sendable, Hashable {
    /// The oldest kernel on which it passes.
    @Nullable package var lowest: String?
    /// The oldest kernel from which on it passes on every measured kernel, including the newest.
    @Nullable package var steadyFrom: String?
    /// Kernels after the lowest on which it does not pass.
    package var holes: [String]
    /// Kernels that were not measured, anywhere in the row.
    package var notMeasured: [String]
    package var passing: [String]

    /// Of `kernels`, oldest first.
    init(_ kernels: [KernelRow], verdict: (KernelRow) -> Verdict) {
        let verdicts = kernels.map { ($0.id, verdict($0)) }
        let measured = verdicts.filter { $0.1 != .notMeasured }
        passing = measured.filter { $0.1 == .pass }.map(\.0)
        notMeasured = verdicts.filter { $0.1 == .notMeasured }.map(\.0)
        lowest = passing.first
        holes = measured.drop { $0.1 != .pass }.filter { $0.1 != .pass }.map(\.0)
        steadyFrom = measured.reversed().prefix { $0.1 == .pass }.last?.0
    }
}
