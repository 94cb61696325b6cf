package import MatrixModel

/// The differences of a run from an earlier one.
///
/// A cell that one of the two runs did not measure does not count.
package struct RunComparison: Codable, Sendable, Hashable {
    package var from: RunInfo
    package var to: RunInfo
    package var thresholds: ComparisonThresholds
    /// All kernels of the two runs, oldest first.
    package var kernelIDs: [String]
    /// The number of cells that both runs measured.
    package var compared: Int
    /// The number of changes of each kind, including kinds without any.
    package var counts: [String: Int]
    /// By probe, variant, loader, and kernels oldest first.
    package var changes: [CellChange]
    /// Programs that pass in both runs and cost more than the thresholds allow, in the same order.
    package var growths: [InstructionGrowth]
    /// Programs that pass with little headroom now, whether or not they had little before.
    package var lowHeadroom: [LowHeadroom]
    /// Kernels that were added, removed, have another release, or were measured in only one run; oldest first.
    package var kernels: [KernelChange]
    /// Loaders that were added, removed, have another version, or were available in only one run; by name.
    package var loaders: [LoaderChange]

    package init(
        from: MatrixDocument, to: MatrixDocument, thresholds: ComparisonThresholds = ComparisonThresholds()
    ) {
        self.from = from.run
        self.to = to.run
        self.thresholds = thresholds
        let ids = Set((from.kernels + to.kernels).map(\.id))
        kernelIDs = KernelOrder(ids).sorted(ids)
        kernels = KernelChange.all(from: from.kernels, to: to.kernels)
        loaders = LoaderChange.all(from: from.loaders, to: to.loaders)
        let pairs = CellPair.all(from: from, to: to)
        let both = pairs.filter { $0.isMeasuredTwice }
        compared = both.count
        let settings = Setting.Table(kernels: kernels, loaders: loaders)
        changes = pairs.compactMap { CellChange($0, setting: settings.setting(of: $0.key)) }
        growths = both.flatMap { InstructionGrowth.all(in: $0, thresholds, setting: settings.setting(of: $0.key)) }
        lowHeadroom = pairs.flatMap { LowHeadroom.all(in: $0, thresholds) }
        counts = Dictionary(uniqueKeysWithValues: CellChange.Kind.allCases.map { ($0.rawValue, 0) })
        for change in changes { counts[change.kind.rawValue, default: 0] += 1 }
    }

    package func changes(_ kind: CellChange.Kind) -> [CellChange] { changes.filter { $0.kind == kind } }

    package var regressions: [CellChange] { changes(.regression) }
    package var fixes: [CellChange] { changes(.fix) }

    /// Whether there is no difference at all.
    package var isEmpty: Bool {
        changes.isEmpty && growths.isEmpty && lowHeadroom.isEmpty && kernels.isEmpty && loaders.isEmpty
    }
}
