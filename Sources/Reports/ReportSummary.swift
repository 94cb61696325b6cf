import MatrixAnalysis
import MatrixModel

/// What stands above the matrix: everything that needs more than one cell to be seen.
struct ReportSummary: Encodable {
    var findings: [ToldFinding]
    var gaps: [ToldGap]
    var plans: [PlanRow]
    var differences: [Difference]
    var reach: [LoaderReach]
    var baseline: BaselineSummary?

    init(_ document: MatrixDocument, comparison: RunComparison?) {
        let spans = KernelSpans(document.kernels)
        findings = ToldFinding.all(document.findings, spans)
        gaps = ToldGap.all(document.gaps, spans)
        plans = VariantPlan(document).probes.map { PlanRow($0, spans) }
        differences = LoaderDifferences(document).differences.map { Difference($0, spans) }
        reach = LoaderReach.all(in: document)
        baseline = comparison.map { BaselineSummary($0, spans) }
    }

    /// A finding that several loaders may share.
    struct ToldFinding: Encodable {
        var value: Finding
        var loaders: [String]
        var on: String

        static func all(_ findings: [Finding], _ spans: KernelSpans) -> [ToldFinding] {
            findings.grouped { finding in
                var key = finding.key
                key.row.loader = ""
                return Pair(first: key, second: finding.kernels)
            }.map { ToldFinding(value: $0[0], loaders: $0.map(\.loader), on: spans.words(for: $0[0].kernels)) }
        }
    }

    /// What was not measured for one reason, on whichever kernels.
    struct ToldGap: Encodable {
        var reason: String
        var cells: Int
        var on: String

        static func all(_ gaps: [Gap], _ spans: KernelSpans) -> [ToldGap] {
            gaps.grouped(by: \.reason).map { gaps in
                ToldGap(
                    reason: gaps[0].reason, cells: gaps.reduce(0) { $0 + $1.cells },
                    on: spans.words(for: gaps.map(\.kernel)))
            }
        }
    }

    struct Difference: Encodable {
        var value: LoaderDifference
        var errno: String?
        /// The words for the kernels of each place.
        var on: [String]

        init(_ difference: LoaderDifference, _ spans: KernelSpans) {
            value = difference
            errno = difference.errno == 0 ? nil : LinuxErrno(number: difference.errno).name
            on = difference.places.map { spans.words(for: $0.kernels) }
        }
    }
}

/// Which variants of a probe to ship, in words.
struct PlanRow: Encodable {
    /// A contender and the kernels that are meant.
    struct Share: Encodable {
        var variant: String
        var loader: String
        var kernels: [String]
        var on: String
    }

    struct Dead: Encodable {
        var variant: String
        var loader: String
        var standing: ContenderStanding.Standing
        /// The variant that does all that this one does.
        var by: String?
    }

    var probe: String
    var loader: String?
    var lowest: String?
    var steadyFrom: String?
    var holes: String
    var uncovered: String
    var notMeasured: String
    /// The fewest that do, each with the kernels it is best of them on.
    var cover: [Share]
    var isExact: Bool
    /// The best of all on each kernel.
    var winners: [Share]
    var dead: [Dead]

    init(_ plan: ProbePlan, _ spans: KernelSpans) {
        probe = plan.probe
        loader = plan.loader
        lowest = plan.support.lowest
        steadyFrom = plan.support.steadyFrom
        holes = spans.words(for: plan.support.holes)
        uncovered = spans.words(for: plan.uncovered)
        notMeasured = spans.words(for: plan.notMeasured)
        isExact = plan.isExact
        cover = Self.shares(plan.kernels, spans, \.fromCover)
        winners = Self.shares(plan.kernels, spans, \.winner)
        dead = plan.contenders.filter(\.standing.isDead).map {
            Dead(
                variant: $0.contender.variant, loader: $0.contender.loader, standing: $0.standing, by: $0.by?.variant)
        }
    }

    /// Contenders in the order of the first kernel that they get.
    private static func shares(
        _ kernels: [KernelChoice], _ spans: KernelSpans, _ choice: (KernelChoice) -> Contender?
    ) -> [Share] {
        var contenders: [Contender] = []
        var ids: [Contender: [String]] = [:]
        for kernel in kernels {
            guard let contender = choice(kernel) else { continue }
            if ids[contender] == nil { contenders.append(contender) }
            ids[contender, default: []].append(kernel.kernel)
        }
        return contenders.map { contender in
            let kernels = ids[contender] ?? []
            return Share(
                variant: contender.variant, loader: contender.loader, kernels: kernels, on: spans.words(for: kernels))
        }
    }
}

/// What is different since an earlier run.
struct BaselineSummary: Encodable {
    /// The same change of one variant on several kernels.
    struct Change: Encodable {
        var kind: CellChange.Kind
        var probe: String
        var variant: String
        var loaders: [String]
        var from: String
        var to: String
        /// What else changed that may be why.
        var setting: String
        /// The deciding line now, of the first kernel.
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
    /// Kernels and loaders that are not what they were, a sentence each.
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

    /// What is the same on several kernels or with several loaders.
    fileprivate var words: [String] { [kind.rawValue, probe, variant, from, to] }

    /// As in `fail at load, size-negative`.
    private static func words(_ cell: CellState?, _ program: ProgramState?) -> String {
        guard let cell else { return "not in the run" }
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
        case (_, .available): return "\(name) is there now"
        }
    }
}

private struct Pair<First: Hashable, Second: Hashable>: Hashable {
    var first: First
    var second: Second
}

extension Sequence {
    /// Elements with one key together, in the order of the first of each.
    fileprivate func grouped<Key: Hashable>(by key: (Element) -> Key) -> [[Element]] {
        var groups: [[Element]] = []
        var places: [Key: Int] = [:]
        for element in self {
            let place = places[key(element), default: groups.count]
            if place == groups.count {
                places[key(element)] = place
                groups.append([element])
            } else {
                groups[place].append(element)
            }
        }
        return groups
    }
}

/// A variant, whichever loader loads it.
struct VariantName: Hashable {
    var probe: String
    var variant: String
}

extension CellResult {
    var name: VariantName { VariantName(probe: probe, variant: variant) }
}

extension MatrixDocument {
    /// The rows of the report: probes in the order of the plan, each with all its variants together.
    var variantNames: [VariantName] {
        var seen: Set<VariantName> = []
        return rowKeys.map { VariantName(probe: $0.probe, variant: $0.variant) }.filter { seen.insert($0).inserted }
    }

    /// Older documents name loaders only in their cells.
    var everyLoader: [LoaderRow] {
        let known = Set(loaders.map(\.name))
        let others = Set(cells.map(\.loader)).subtracting(known).map {
            LoaderRow(name: $0, library: nil, version: nil, status: .available, reason: nil)
        }
        return (loaders + others).sorted { $0.name < $1.name }
    }
}
