package import MatrixModel

/// Which variants of each probe to ship.
package struct VariantPlan: Codable, Sendable, Hashable {
    package var run: RunInfo
    /// By probe, then loader; one plan per probe if no loader is a library.
    package var probes: [ProbePlan]

    /// Plans each probe of `document`, for each loader that an application could be built on.
    ///
    /// A loader without a library (tracefs, a user's own executable) is not such a choice: its variants are combined
    /// with every other loader.
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

/// A variant and its loader.
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

/// The variants of one probe to ship in applications built on one loader.
package struct ProbePlan: Codable, Sendable, Hashable {
    package var probe: String
    /// `null` if none of the loaders is a library.
    @Nullable package var loader: String?
    /// Every kernel of the run, oldest first.
    package var kernels: [KernelChoice]
    /// The smallest set of contenders that covers every kernel on which any of them passes, ordered by the number of
    /// kernels.
    package var cover: [Contender]
    /// Whether no smaller set is possible; `false` only if the search gave up.
    package var isExact: Bool
    /// Every contender, by name.
    package var contenders: [ContenderStanding]
    /// The kernels on which any contender of the probe passes.
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

/// The choice for one kernel.
package struct KernelChoice: Codable, Sendable, Hashable {
    package var kernel: String
    @Nullable package var release: String?
    /// The best passing contender; `null` if none passes.
    @Nullable package var winner: Contender?
    /// The stage that the winner reached.
    @Nullable package var stage: Stage?
    /// The best contender of the cover.
    @Nullable package var fromCover: Contender?
    /// All passing contenders, best first.
    package var passing: [Contender]
    /// Contenders that were not measured here and might pass.
    package var missing: [Contender]
    /// Whether anything was measured here.
    package var isMeasured: Bool
}

/// The status of a contender.
package struct ContenderStanding: Codable, Sendable, Hashable {
    package enum Standing: String, Codable, Sendable {
        /// Part of the cover.
        case chosen
        /// Passes somewhere, but the cover does not need it.
        case spare
        /// Wherever it passes, another contender passes and reaches the same stage.
        case dominated
        case passesNowhere
        /// Measured on no kernel.
        case notMeasured

        package var isDead: Bool { self == .dominated || self == .passesNowhere }
    }

    package var contender: Contender
    package var standing: Standing
    /// The contender that dominates it.
    @Nullable package var by: Contender?
    /// The number of kernels on which it is the winner.
    package var wins: Int
    package var support: SupportRange
}

extension Verdict {
    /// A pass if there is one, otherwise any measured verdict, otherwise `notMeasured`.
    static func best(of verdicts: [Verdict]) -> Verdict {
        verdicts.contains(.pass) ? .pass : verdicts.first { $0 != .notMeasured } ?? .notMeasured
    }
}
