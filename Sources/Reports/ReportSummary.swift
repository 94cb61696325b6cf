import MatrixAnalysis
import MatrixModel

/// What stands above the matrix: everything that needs more than one cell to be seen.
struct ReportSummary: Encodable {
    var findings: [Told<Finding>]
    var gaps: [Gap]
    var plans: [PlanRow]
    var differences: [Difference]
    var reach: [LoaderReach]
    var baseline: BaselineSummary?

    init(_ document: MatrixDocument, comparison: RunComparison?) {
        let spans = KernelSpans(document.kernels)
        findings = document.findings.map { Told(value: $0, on: spans.words(for: $0.kernels)) }
        gaps = document.gaps
        plans = VariantPlan(document).probes.map { PlanRow($0, spans) }
        differences = LoaderDifferences(document).differences.map { Difference($0, spans) }
        reach = LoaderReach.all(in: document)
        baseline = comparison.map { BaselineSummary($0, spans) }
    }

    /// Something on some kernels, with the words for these.
    struct Told<Value: Encodable>: Encodable {
        var value: Value
        var on: String
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
        var loader: String
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
        var program: String
        var from: Int
        var to: Int
        var percent: Double
    }

    var run: RunInfo
    var compared: Int
    var changes: [Change] = []
    var growths: [Growth]
    /// Kernels and loaders that are not what they were, a sentence each.
    var surroundings: [String]

    init(_ comparison: RunComparison, _ spans: KernelSpans) {
        run = comparison.from
        compared = comparison.compared
        growths = comparison.growths.map {
            Growth(cell: $0.cell, program: $0.program, from: $0.from, to: $0.to, percent: $0.percent)
        }
        surroundings = comparison.kernels.map(\.sentence) + comparison.loaders.map(\.sentence)
        var places: [String: Int] = [:]
        for change in comparison.changes {
            let told = Change(change)
            let key = [told.kind.rawValue, told.probe, told.variant, told.loader, told.from, told.to, told.setting]
                .joined(separator: "\u{0}")
            if let place = places[key] {
                changes[place].kernels.append(change.kernel)
            } else {
                places[key] = changes.count
                changes.append(told)
            }
        }
        for index in changes.indices { changes[index].on = spans.words(for: changes[index].kernels) }
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
        loader = change.loader
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
