import MatrixAnalysis
import MatrixModel

/// The differences from an earlier run.
struct BaselineSummary: Encodable {
    /// The same change of one variant on several kernels.
    struct Change: Encodable {
        var kind: CellChange.Kind
        var probe: String
        var variant: String
        var loaders: [String]
        var from: String
        var to: String
        /// Other changes that may be the reason.
        var setting: String
        /// The current deciding line, of the first kernel.
        var line: String
        var kernels: [String]
        var on: String
    }

    struct Growth: Encodable {
        var cell: CellKey
        var loaders: [String]
        var program: String
        var from: Int
        var to: Int
        var percent: Double
    }

    var run: RunInfo
    var compared: Int
    var changes: [Change]
    var growths: [Growth]
    /// Changed kernels and loaders, one sentence each.
    var surroundings: [String]

    init(_ comparison: RunComparison, _ spans: KernelSpans) {
        run = comparison.from
        compared = comparison.compared
        growths = comparison.growths.grouped { growth in
            var cell = growth.cell
            cell.loader = ""
            return Pair(first: cell, second: [growth.program, "\(growth.from)", "\(growth.to)"])
        }.map { growths in
            Growth(
                cell: growths[0].cell, loaders: growths.map(\.cell.loader), program: growths[0].program,
                from: growths[0].from, to: growths[0].to, percent: growths[0].percent)
        }
        surroundings = comparison.kernels.map(\.sentence) + comparison.loaders.map(\.sentence)
        let told = comparison.changes.map(Change.init).grouped { $0.words + $0.loaders + [$0.setting] }.map { changes in
            var change = changes[0]
            change.kernels = changes.flatMap(\.kernels)
            change.on = spans.words(for: change.kernels)
            return change
        }
        changes = told.grouped { $0.words + $0.kernels }.map { changes in
            var change = changes[0]
            change.loaders = changes.flatMap(\.loaders)
            var seen: Set<String> = [""]
            change.setting = changes.map(\.setting).filter { seen.insert($0).inserted }.joined(separator: ", ")
            return change
        }
        let ranks = Dictionary(uniqueKeysWithValues: CellChange.Kind.allCases.enumerated().map { ($1, $0) })
        changes = changes.enumerated().sorted { left, right in
            (ranks[left.element.kind] ?? 0, left.offset) < (ranks[right.element.kind] ?? 0, right.offset)
        }.map(\.element)
    }
}

extension BaselineSummary.Change {
    init(_ change: CellChange) {
        kind = change.kind
        probe = change.probe
        variant = change.variant
        loaders = [change.loader]
        let program = change.programs.first
        from = Self.words(change.from, program?.from)
        to = Self.words(change.to, program?.to)
        let settings = [
            change.setting.kernelRelease.map { "kernel \($0.from) → \($0.to)" },
            change.setting.loaderVersion.map { "\(change.loader) \($0.from) → \($0.to)" },
        ]
        setting = settings.compactMap(\.self).joined(separator: ", ")
        line = program?.to?.line ?? change.to?.reason ?? ""
        kernels = [change.kernel]
        on = ""
    }

    /// The part that is the same on several kernels or with several loaders.
    fileprivate var words: [String] { [kind.rawValue, probe, variant, from, to] }

    /// For example `fail at load, size-negative`.
    private static func words(_ cell: CellState?, _ program: ProgramState?) -> String {
        guard let cell else { return "not in this run" }
        let verdict = cell.verdict == .notMeasured ? "not measured" : cell.verdict.rawValue
        let stage = (program?.stage ?? cell.stage).map { " at \($0.rawValue)" } ?? ""
        let errno = program.flatMap { $0.errno == 0 ? nil : LinuxErrno(number: $0.errno).name }
        let cause = (cell.verdict == .pass ? nil : program?.cause ?? errno).map { ", \($0)" } ?? ""
        return verdict + stage + cause
    }
}

extension KernelChange {
    fileprivate var sentence: String {
        if let release { return "\(id): \(release.from) → \(release.to)" }
        switch (from, to) {
        case (nil, _): return "\(id) is new"
        case (_, nil): return "\(id) is gone"
        case (_, .notMeasured): return "\(id) is no longer measured" + (reason.map { ": \($0)" } ?? "")
        case (_, .measured): return "\(id) is measured now"
        }
    }
}

extension LoaderChange {
    fileprivate var sentence: String {
        if let version { return "\(name): \(version.from) → \(version.to)" }
        switch (from, to) {
        case (nil, _): return "\(name) is new"
        case (_, nil): return "\(name) is gone"
        case (_, .missing): return "\(name) is missing now" + (reason.map { ": \($0)" } ?? "")
        case (_, .available): return "\(name) is available now"
        }
    }
}
