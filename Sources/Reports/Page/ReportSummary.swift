import MatrixAnalysis
import MatrixModel

/// The part above the matrix: everything that depends on more than one cell.
struct ReportSummary: Encodable {
    var findings: [ToldFinding]
    var gaps: [ToldGap]
    /// Rules of `expect` that have expired or are unneeded.
    var exceptions: [ToldException]
    var plans: [PlanRow]
    var differences: [Difference]
    var reach: [LoaderReach]
    var baseline: BaselineSummary?

    init(_ document: MatrixDocument, comparison: RunComparison?) {
        let spans = KernelSpans(document.kernels)
        findings = ToldFinding.all(document.findings, spans)
        gaps = ToldGap.all(document.gaps, spans)
        exceptions = document.exceptions.compactMap(ToldException.init)
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

    /// Cells that were not measured for the same reason, on any kernels.
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

    struct ToldException: Encodable {
        var state: ExceptionRow.State
        /// File and line of the rule.
        var at: String
        var notice: String

        init?(_ row: ExceptionRow) {
            guard let notice = row.notice else { return nil }
            self.notice = notice
            state = row.state
            at = "\(row.file):\(row.line)"
        }
    }

    struct Difference: Encodable {
        var value: LoaderDifference
        var errno: String?
        /// The text for the kernels of each place.
        var on: [String]

        init(_ difference: LoaderDifference, _ spans: KernelSpans) {
            value = difference
            errno = difference.errno == 0 ? nil : LinuxErrno(number: difference.errno).name
            on = difference.places.map { spans.words(for: $0.kernels) }
        }
    }
}

/// A key of two parts.
struct Pair<First: Hashable, Second: Hashable>: Hashable {
    var first: First
    var second: Second
}

extension Sequence {
    /// Elements grouped by key, in the order of the first element of each group.
    func grouped<Key: Hashable>(by key: (Element) -> Key) -> [[Element]] {
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

/// A variant, regardless of its loader.
struct VariantName: Hashable {
    var probe: String
    var variant: String
}

extension CellResult {
    var name: VariantName { VariantName(probe: probe, variant: variant) }
}

extension MatrixDocument {
    /// The rows of the report: probes in the order of the plan, each followed by its variants.
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
