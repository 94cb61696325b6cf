/// What a cell or one of its programs came to.
///
/// Only `pass` and `fail` say something about the probe. `notMeasured` never counts for or against a kernel.
///
/// Ordered from the best to the worst. A kernel that hangs or falls is worse than one that refuses.
package enum Verdict: String, Codable, Sendable, CaseIterable, Comparable {
    case pass, fail
    /// The guest kernel panicked, oopsed or locked up.
    case crash
    case timeout
    /// The host could not measure: QEMU missing, image not fetched, the guest never came up.
    case notMeasured

    /// The worst verdict of `parts`; `notMeasured` if there are none.
    package static func worst(of parts: some Sequence<Verdict>) -> Verdict { parts.max() ?? .notMeasured }

    /// Whether the probe fares worse than with `other`: to have no verdict is not worse than to have one.
    package func isWorse(than other: Verdict) -> Bool { self != .notMeasured && self > other }

    package static func < (left: Verdict, right: Verdict) -> Bool { left.severity < right.severity }

    /// Of a whole that is not as good as its best part, a gap is the least to be said; so it comes after `pass`.
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

/// How far an object got: where the cell failed, or the last stage that it passed.
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

/// How a guest came to run.
package enum Start: String, Codable, Sendable {
    case cold
    /// Restored from a snapshot of the booted guest.
    case warm
}
