package import MatrixModel

/// Which variants of each probe to ship.
package struct VariantPlan: Codable, Sendable, Hashable {
    package var run: RunInfo
    /// By probe, then loader; one plan a probe where no loader is a library.
    package var probes: [ProbePlan]

    /// Plans each probe of `document`, for each loader that a program could be built on.
    ///
    /// A loader without a library (tracefs, a program of the user's own) is no such choice: what it runs goes along with every
    /// other.
    package init(_ document: MatrixDocument) {
        run = document.run
        let free = Set(
            document.loaders.filter { $0.status == .available && $0.library == nil }.map(\.name))
        probes = Dictionary(grouping: document.cells, by: \.probe).sorted { $0.key < $1.key }.flatMap { probe, cells in
            let bound = Set(cells.map(\.loader)).subtracting(free).sorted()
            guard !bound.isEmpty else { return [ProbePlan(probe, loader: nil, cells: cells, of: document)] }
            return bound.map { loader in
                ProbePlan(
                    probe, loader: loader, cells: cells.filter { $0.loader == loader || free.contains($0.loader) },
                    of: document)
            }
        }
    }
}

/// A variant with what loads it.
package struct Contender: Codable, Sendable, Hashable, Comparable {
    package var variant: String
    package var loader: String

    package init(variant: String, loader: String) {
        self.variant = variant
        self.loader = loader
    }

    package static func < (left: Contender, right: Contender) -> Bool {
        (left.variant, left.loader) < (right.variant, right.loader)
    }
}

/// Which variants of one probe to ship to programs built on one loader.
package struct ProbePlan: Codable, Sendable, Hashable {
    package var probe: String
    /// `null` where none of the loaders is a library.
    @Nullable package var loader: String?
    /// Every kernel of the run, oldest first.
    package var kernels: [KernelChoice]
    /// The fewest contenders that pass on each kernel that any of them passes on, the one with most kernels first.
    package var cover: [Contender]
    /// Whether no smaller set can do; `false` only where the search was given up.
    package var isExact: Bool
    /// Every contender, by name.
    package var contenders: [ContenderStanding]
    /// Of the probe as a whole: where any of its contenders passes.
    package var support: SupportRange

    /// Kernels on which something was measured and nothing passes.
    package var uncovered: [String] { kernels.filter { $0.winner == nil && $0.isMeasured }.map(\.kernel) }
    /// Kernels on which nothing was measured.
    package var notMeasured: [String] { kernels.filter { !$0.isMeasured }.map(\.kernel) }
    /// Contenders that are not needed.
    package var dead: [Contender] { contenders.filter(\.standing.isDead).map(\.contender) }

    init(_ probe: String, loader: String?, cells: [CellResult], of document: MatrixDocument) {
        self.probe = probe
        self.loader = loader
        let field = Field(cells, document)
        let cover = SetCover(field.passes, order: field.preference)
        self.cover = cover.chosen.map { field.contenders[$0] }
        isExact = cover.isExact
        kernels = field.kernels.map { field.choice(on: $0, cover: cover.chosen) }
        contenders = field.standings(cover: cover.chosen)
        support = SupportRange(field.kernels) { kernel in Verdict.best(of: field.verdicts(on: kernel)) }
    }
}

/// What one kernel gets.
package struct KernelChoice: Codable, Sendable, Hashable {
    package var kernel: String
    @Nullable package var release: String?
    /// The best that passes; `null` where nothing does.
    @Nullable package var winner: Contender?
    /// How far the winner got.
    @Nullable package var stage: Stage?
    /// The best of the cover.
    @Nullable package var fromCover: Contender?
    /// All that passes, best first.
    package var passing: [Contender]
    /// What was not measured here and might pass.
    package var missing: [Contender]
    /// Whether anything was measured here.
    package var isMeasured: Bool
}

/// What becomes of a contender.
package struct ContenderStanding: Codable, Sendable, Hashable {
    package enum Standing: String, Codable, Sendable {
        /// Of the cover.
        case chosen
        /// Passes somewhere, and the cover does without it.
        case spare
        /// Wherever it passes, another passes as well and gets as far.
        case dominated
        case passesNowhere
        /// On no kernel.
        case notMeasured

        package var isDead: Bool { self == .dominated || self == .passesNowhere }
    }

    package var contender: Contender
    package var standing: Standing
    /// Who dominates it.
    @Nullable package var by: Contender?
    /// On how many kernels it is the winner.
    package var wins: Int
    package var support: SupportRange
}

extension Verdict {
    /// A pass where there is one, else what was measured, else `notMeasured`.
    static func best(of verdicts: [Verdict]) -> Verdict {
        verdicts.contains(.pass) ? .pass : verdicts.first { $0 != .notMeasured } ?? .notMeasured
    }
}
