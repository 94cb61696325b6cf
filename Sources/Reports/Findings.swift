import MatrixModel

/// What readers look for first: one entry per distinct result of a variant, with its kernels.
struct Finding: Encodable, Equatable {
    var probe: String
    var variant: String
    var loader: String
    var verdict: Verdict
    var expected: Verdict
    var asExpected: Bool
    /// An id from the catalogue, or else the name of the errno; empty if there is neither.
    var cause: String
    /// The deciding line of the first kernel in `kernels`; other kernels may name other registers.
    var detail: String
    /// The suggestion, also for the first kernel; `nil` without an explanation.
    var suggestion: String?
    /// Also for the first kernel.
    var location: CodeLocation?
    /// In the order of the document.
    var kernels: [String]
}

/// Cells of one kernel that were not measured for the same reason.
struct Gap: Encodable, Equatable {
    var kernel: String
    var reason: String
    var cells: Int

    /// `1 cell`, `12 cells`.
    var words: String { cells == 1 ? "1 cell" : "\(cells) cells" }
}

extension MatrixDocument {
    /// Every result other than a pass, and every unexpected pass; unexpected ones first, then in the order of the plan.
    var findings: [Finding] {
        var findings: [Finding] = []
        var places: [Finding.Key: Int] = [:]
        for cell in cells where cell.verdict != .notMeasured && (cell.verdict != .pass || cell.isUnexpected) {
            let finding = Finding(cell)
            if let place = places[finding.key] {
                findings[place].kernels.append(cell.kernel)
            } else {
                places[finding.key] = findings.count
                findings.append(finding)
            }
        }
        let rows = Dictionary(rowKeys.enumerated().map { ($1, $0) }, uniquingKeysWith: { first, _ in first })
        return findings.enumerated().sorted { left, right in
            func rank(_ entry: (offset: Int, element: Finding)) -> (Int, Int, Int) {
                (entry.element.asExpected ? 1 : 0, rows[entry.element.row] ?? 0, entry.offset)
            }
            return rank(left) < rank(right)
        }.map(\.element)
    }

    var gaps: [Gap] {
        var gaps: [Gap] = []
        let reasons = Dictionary(kernels.map { ($0.id, $0.reason) }, uniquingKeysWith: { first, _ in first })
        for cell in cells where cell.verdict == .notMeasured {
            let reason = cell.reason ?? reasons[cell.kernel].flatMap(\.self) ?? "no reason recorded"
            if let place = gaps.firstIndex(where: { $0.kernel == cell.kernel && $0.reason == reason }) {
                gaps[place].cells += 1
            } else {
                gaps.append(Gap(kernel: cell.kernel, reason: reason, cells: 1))
            }
        }
        for kernel in kernels where kernel.status == .notMeasured && !gaps.contains(where: { $0.kernel == kernel.id }) {
            gaps.append(Gap(kernel: kernel.id, reason: kernel.reason ?? "no reason recorded", cells: 0))
        }
        return gaps
    }

    /// The rows of the matrix: probes in the order of the plan, each followed by its variants.
    var rowKeys: [RowKey] {
        var seen: Set<RowKey> = []
        var variants: [String: [RowKey]] = [:]
        var probes: [String] = []
        for cell in cells where seen.insert(cell.row).inserted {
            if variants[cell.probe] == nil { probes.append(cell.probe) }
            variants[cell.probe, default: []].append(cell.row)
        }
        return probes.flatMap { variants[$0] ?? [] }
    }
}

extension Sequence<RowKey> {
    /// Whether a variant has several rows that differ only in the loader.
    var needLoaders: Bool {
        Dictionary(grouping: self) { [$0.probe, $0.variant] }.values.contains { Set($0).count > 1 }
    }
}

/// A row of the matrix.
struct RowKey: Hashable {
    var probe: String
    var variant: String
    var loader: String
}

extension CellResult {
    var row: RowKey { RowKey(probe: probe, variant: variant, loader: loader) }
    /// A cell that was not measured never counts for or against anything.
    var isUnexpected: Bool { !asExpected && verdict != .notMeasured }
}

extension Finding {
    struct Key: Hashable {
        var row: RowKey
        var verdict: Verdict
        var expected: Verdict
        var asExpected: Bool
        var cause: String
    }

    var row: RowKey { RowKey(probe: probe, variant: variant, loader: loader) }
    var key: Key { Key(row: row, verdict: verdict, expected: expected, asExpected: asExpected, cause: cause) }

    init(_ cell: CellResult) {
        let culprit =
            cell.programs.first { $0.verdict == cell.verdict && $0.cause != nil }
            ?? cell.programs.first { $0.verdict == cell.verdict }
        let errno = culprit.flatMap { $0.errno == 0 ? nil : LinuxErrno(number: $0.errno) }
        probe = cell.probe
        variant = cell.variant
        loader = cell.loader
        verdict = cell.verdict
        expected = cell.expected
        asExpected = cell.asExpected
        suggestion = cell.verdict == .fail ? culprit?.explanation?.suggestion : nil
        location = cell.verdict == .fail ? culprit?.cause?.location : nil
        kernels = [cell.kernel]
        switch cell.verdict {
        case .fail:
            cause = culprit?.cause?.id ?? errno?.name ?? ""
            let stage = (culprit?.stage ?? cell.stage).map { "at \($0.rawValue)" }
            let words = [stage, errno?.meaning].compactMap(\.self).joined(separator: ": ")
            detail = culprit?.cause?.line ?? cell.reason ?? words
        case .pass:
            cause = ""
            detail = "passes, but \(cell.expected.rawValue) was expected"
        case .crash, .timeout, .notMeasured:
            // The console output of a crash differs between kernels, but it is one finding.
            cause = culprit?.cause?.id ?? ""
            detail = cell.reason ?? ""
        }
    }
}
