/// The outcome of a cell or one of its programs.
///
/// Only `pass` and `fail` are the kernel's answer about the probe. `notMeasured` never counts for or against a kernel.
///
/// Ordered from best to worst. A kernel that hangs or crashes is worse than one that rejects.
package enum Verdict: String, Codable, Sendable, CaseIterable, Comparable {
    case pass, fail
    /// The guest kernel panicked, oopsed or locked up.
    case crash
    case timeout
    /// The host could not measure: QEMU missing, image not fetched, the guest never came up.
    case notMeasured

    /// The worst verdict of `parts`; `notMeasured` if there are none.
    package static func worst(of parts: some Sequence<Verdict>) -> Verdict { parts.max() ?? .notMeasured }

    /// Whether the verdict is worse than `other`; a missing verdict is not worse than a verdict.
    package func isWorse(than other: Verdict) -> Bool { self != .notMeasured && self > other }

    package static func < (left: Verdict, right: Verdict) -> Bool { left.severity < right.severity }

    /// A gap is the mildest defect of a whole, so it comes right after `pass`.
    private var severity: Int {
        switch self {
        case .pass: 0
        case .notMeasured: 1
        case .fail: 2
        case .timeout: 3
        case .crash: 4
        }
    }
}

/// A step of a cell: the stage that failed, or the last one that passed.
package enum Stage: String, Codable, Sendable, CaseIterable, Comparable {
    case open, maps, load, attach, fire

    package static func < (left: Stage, right: Stage) -> Bool { left.order < right.order }

    private var order: Int {
        switch self {
        case .open: 0
        case .maps: 1
        case .load: 2
        case .attach: 3
        case .fire: 4
        }
    }
}

/// How a guest was started.
package enum Start: String, Codable, Sendable {
    case cold
    /// Restored from a snapshot of the booted guest.
    case warm
}
