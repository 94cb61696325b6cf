/// A condition that makes a run exit with 1.
package enum GateCondition: String, Sendable, Hashable, CaseIterable {
    /// A verdict that is not as expected.
    case unexpected
    /// A result is worse than in the baseline, and no rule expects it.
    case regression
    /// A failure differs from that in the baseline.
    case causeChange
    /// A program costs the verifier more than in the baseline.
    case growth
    /// A program passes with little left of the verifier's limit.
    case headroom
    /// A rule of `expect` excuses nothing.
    case unneeded
    /// A rule of `expect` has expired, whether or not a cell still needs it.
    case expired
}

/// The rules of the gate, the key `gate` of a `compat-matrix.yaml`.
package struct GateRules: Sendable, Hashable {
    /// `nil` for the default: `regression` with a baseline, else `unexpected`.
    package var failOn: Set<GateCondition>?
    package var failsOnUnneeded: Bool
    package var growthPercent: Double?
    package var growthInstructions: Int?
    package var headroomPercent: Double?

    package init(failOn: Set<GateCondition>? = nil, failsOnUnneeded: Bool = false) {
        self.failOn = failOn
        self.failsOnUnneeded = failsOnUnneeded
    }

    /// The conditions that make a run exit with 1, with or without a baseline.
    package func conditions(hasBaseline: Bool) -> Set<GateCondition> {
        (failOn ?? [hasBaseline ? .regression : .unexpected]).union(failsOnUnneeded ? [.unneeded] : [])
    }
}
