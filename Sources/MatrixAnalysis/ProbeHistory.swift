package import MatrixModel

/// The results of a probe's cells over several runs.
package struct ProbeHistory: Codable, Sendable, Hashable {
    package var probe: String
    /// The runs that contain a cell of the probe, oldest first.
    package var runs: [RunInfo]
    /// By variant, loader, and kernels oldest first.
    package var series: [CellSeries]

    /// Follows the cells of `probe` that `isWanted` through `documents`, oldest first.
    package init(
        of probe: String, in documents: [MatrixDocument],
        thresholds: ComparisonThresholds = ComparisonThresholds(), where isWanted: (CellKey) -> Bool = { _ in true }
    ) {
        self.probe = probe
        var points: [CellKey: [HistoryPoint]] = [:]
        runs = []
        for document in documents {
            let cells = document.cells.filter { $0.probe == probe && isWanted($0.key) }
            guard !cells.isEmpty else { continue }
            runs.append(document.run)
            let releases = Dictionary(
                document.kernels.map { ($0.id, $0.release) }, uniquingKeysWith: { first, _ in first })
            let versions = Dictionary(
                document.loaders.map { ($0.name, $0.version) }, uniquingKeysWith: { first, _ in first })
            for cell in cells {
                let point = HistoryPoint(
                    run: document.run.id, cell, release: releases[cell.kernel] ?? nil,
                    loaderVersion: versions[cell.loader] ?? nil)
                points[cell.key, default: []].append(point)
            }
        }
        let order = KernelOrder(points.keys.map(\.kernel))
        series = points.map { CellSeries($0, points: $1, thresholds) }.sorted { left, right in
            let rows = (left.variant, left.loader), others = (right.variant, right.loader)
            return rows == others ? order[left.kernel] < order[right.kernel] : rows < others
        }
    }
}

/// One cell over several runs.
package struct CellSeries: Codable, Sendable, Hashable {
    package var kernel: String
    package var variant: String
    package var loader: String
    /// One per run with the cell, oldest first.
    package var points: [HistoryPoint]

    /// Points at which something changed.
    package var turns: [HistoryPoint] { points.filter { !$0.changes.isEmpty } }

    init(_ key: CellKey, points: [HistoryPoint], _ thresholds: ComparisonThresholds) {
        kernel = key.kernel
        variant = key.variant
        loader = key.loader
        var points = points
        // Runs that did not measure the cell are skipped: each run is compared with the last one that did.
        var last: HistoryPoint?
        for place in points.indices where points[place].verdict != .notMeasured {
            if let last { points[place].changes = points[place].changes(since: last, thresholds) }
            last = points[place]
        }
        self.points = points
    }
}

/// A cell in one run.
package struct HistoryPoint: Codable, Sendable, Hashable {
    package enum Change: String, Codable, Sendable, CaseIterable {
        case regression, fix
        /// Another stage, cause or errno, or other programs.
        case otherwise
        /// More instructions than the thresholds allow.
        case growth
        case kernelRelease
        case loaderVersion
    }

    package var run: String
    package var verdict: Verdict
    @Nullable package var stage: Stage?
    package var asExpected: Bool
    /// Whether the answer came from an earlier run.
    package var cached: Bool
    /// The instructions that the verifier processed for all its programs.
    @Nullable package var instructions: Int?
    @Nullable package var release: String?
    @Nullable package var loaderVersion: String?
    /// By name.
    package var programs: [String: ProgramState]
    /// The differences from the previous run that measured the cell.
    package var changes: [Change]

    init(run: String, _ cell: CellResult, release: String?, loaderVersion: String?) {
        self.run = run
        verdict = cell.verdict
        stage = cell.stage
        asExpected = cell.asExpected
        cached = cell.cached
        instructions = cell.instructions
        self.release = release
        self.loaderVersion = loaderVersion
        programs = Dictionary(
            cell.programs.map { ($0.name, ProgramState($0)) }, uniquingKeysWith: { first, _ in first })
        changes = []
    }

    fileprivate func changes(since last: HistoryPoint, _ thresholds: ComparisonThresholds) -> [Change] {
        var changes: [Change] = []
        let names = Set(programs.keys).union(last.programs.keys)
        let steps =
            [(last.verdict, verdict)]
            + names.compactMap { name -> (Verdict, Verdict)? in
                guard let old = last.programs[name], let new = programs[name] else { return nil }
                return (old.verdict, new.verdict)
            }
        let isOther =
            verdict != last.verdict || stage != last.stage
            || names.contains { name in
                guard let old = last.programs[name], let new = programs[name] else { return true }
                return !old.isSame(as: new)
            }
        if steps.contains(where: { $0.1.isWorse(than: $0.0) }) {
            changes.append(.regression)
        } else if steps.contains(where: { $0.0 != .pass && $0.1 == .pass }) {
            changes.append(.fix)
        } else if isOther {
            changes.append(.otherwise)
        }
        if verdict == .pass, last.verdict == .pass, let old = last.instructions, let new = instructions,
            new - old >= thresholds.growthInstructions, Double(new - old) * 100 > thresholds.growthPercent * Double(old)
        {
            changes.append(.growth)
        }
        if Revision(last.release, release) != nil { changes.append(.kernelRelease) }
        if Revision(last.loaderVersion, loaderVersion) != nil { changes.append(.loaderVersion) }
        return changes
    }
}
