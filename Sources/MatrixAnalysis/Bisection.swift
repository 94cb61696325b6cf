package import MatrixModel

/// Where the verdict of one variant changes along a row of kernels.
package struct Bisection: Codable, Sendable, Hashable {
    package var probe: String
    package var variant: String
    package var loader: String
    /// The row, oldest first.
    package var kernels: [BisectedKernel]
    /// The places at which the verdict changes; empty if it never does.
    package var turns: [BisectedTurn]
    /// Whether all known verdicts fit a single boundary.
    package var isMonotonic: Bool

    package var tested: [BisectedKernel] { kernels.filter { $0.source == .tested } }
    package var stored: [BisectedKernel] { kernels.filter { $0.source == .stored } }
    package var notMeasured: [BisectedKernel] { kernels.filter { $0.source == .notMeasured } }
    package var notTested: [BisectedKernel] { kernels.filter { $0.source == .notTested } }
}

/// A kernel of the row, with its verdict if known.
package struct BisectedKernel: Codable, Sendable, Hashable {
    package enum Source: String, Codable, Sendable {
        case tested
        /// A stored result from an earlier run.
        case stored
        /// It could not be measured.
        case notMeasured
        /// Not tested.
        case notTested
    }

    package var id: String
    package var source: Source
    @Nullable package var release: String?
    @Nullable package var verdict: Verdict?
    @Nullable package var stage: Stage?
    /// The id of the failure's cause, if it has one.
    @Nullable package var cause: String?
    /// Why it could not be measured.
    @Nullable package var reason: String?
}

/// Two kernels between which the verdict changes.
package struct BisectedTurn: Codable, Sendable, Hashable {
    /// The older kernel.
    package var below: String
    package var above: String
    /// Whether the newer one passes.
    package var passesAbove: Bool
    /// Kernels between them that could not be measured: the boundary may be on either side of each.
    package var between: [String]
}

/// Bisects the variants of one probe side by side.
package struct ProbeBisection: Sendable {
    private struct Row: Hashable {
        var variant: String
        var loader: String
    }

    private let probe: String
    private let kernels: [String]
    private var searches: [Row: BoundarySearch] = [:]
    private var found: [Row: [String: BisectedKernel]] = [:]
    /// The search for rows without known answers.
    private let blank: BoundarySearch

    /// `kernels` are in order, oldest first.
    package init(probe: String, kernels: [String]) {
        self.probe = probe
        self.kernels = kernels
        blank = BoundarySearch(count: kernels.count)
    }

    /// Adds a cell; `release` is what its guest reported.
    package mutating func note(_ cell: CellResult, release: String?, isStored: Bool) {
        guard let place = kernels.firstIndex(of: cell.kernel) else { return }
        let row = Row(variant: cell.variant, loader: cell.loader)
        searches[row, default: blank].note(cell.isMeasured ? cell.verdict == .pass : nil, at: place)
        let cause = cell.programs.first { $0.verdict == cell.verdict && $0.cause != nil }?.cause?.id
        found[row, default: [:]][cell.kernel] = BisectedKernel(
            id: cell.kernel, source: !cell.isMeasured ? .notMeasured : isStored ? .stored : .tested, release: release,
            verdict: cell.isMeasured ? cell.verdict : nil, stage: cell.stage, cause: cause,
            reason: cell.isMeasured ? nil : cell.reason)
    }

    /// Notes that variants with `loader` cannot be tested on any kernel, because the loader is missing.
    package mutating func giveUp(loader: String, reason: String?) {
        for row in searches.keys where row.loader == loader {
            for (place, kernel) in kernels.enumerated() where found[row]?[kernel] == nil {
                searches[row]?.note(nil, at: place)
                found[row]?[kernel] = BisectedKernel(
                    id: kernel, source: .notMeasured, release: nil, verdict: nil, stage: nil, cause: nil, reason: reason
                )
            }
        }
    }

    /// The kernels to test next, for all variants together; empty once every boundary is found.
    package var next: [String] {
        let places = searches.isEmpty ? Set(blank.next) : searches.values.reduce(into: []) { $0.formUnion($1.next) }
        return places.sorted().map { kernels[$0] }
    }

    /// One per variant and loader, by name.
    package var results: [Bisection] {
        searches.sorted { ($0.key.variant, $0.key.loader) < ($1.key.variant, $1.key.loader) }.map { row, search in
            let known = found[row] ?? [:]
            let column = kernels.map { id in
                known[id]
                    ?? BisectedKernel(
                        id: id, source: .notTested, release: nil, verdict: nil, stage: nil, cause: nil, reason: nil)
            }
            let turns = search.turns.map { turn in
                BisectedTurn(
                    below: kernels[turn.below], above: kernels[turn.above],
                    passesAbove: column[turn.above].verdict == .pass,
                    between: Array(kernels[(turn.below + 1)..<turn.above]))
            }
            return Bisection(
                probe: probe, variant: row.variant, loader: row.loader, kernels: column, turns: turns,
                isMonotonic: turns.count < 2)
        }
    }
}
