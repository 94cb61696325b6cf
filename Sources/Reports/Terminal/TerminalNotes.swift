import MatrixModel

/// The part below the matrix: failures by cause, kernels without results, and the totals.
struct TerminalNotes {
    private let document: MatrixDocument
    private let paint: Paint
    private let width: Int?

    /// The columns of the symbol with its margins, the gap between columns, and the minimum useful length of a cause.
    private static let indent = 4
    private static let gap = 2
    private static let leastCause = 40

    init(_ document: MatrixDocument, paint: Paint, width: Int?) {
        self.document = document
        self.paint = paint
        self.width = width
    }

    var sections: [[String]] {
        let findings = document.findings
        return [
            section("≠ not as expected", findings.filter { !$0.asExpected }, withSuggestions: true),
            section("failures as expected", findings.filter(\.asExpected)),
            exceptions,
            closeToLimit,
            remarks,
            gaps,
            [counts],
        ]
    }

    /// Suggestions are shown only for unexpected failures, because the others are known.
    private func section(_ title: String, _ findings: [Finding], withSuggestions: Bool = false) -> [String] {
        guard !findings.isEmpty else { return [] }
        let spans = KernelSpans(document.kernels)
        let namesLoader = document.rowKeys.needLoaders
        let table = findings.map { finding in
            let name = "\(finding.probe)/\(finding.variant)" + (namesLoader ? " (\(finding.loader))" : "")
            let cause = [finding.cause, finding.detail].filter { !$0.isEmpty }.joined(separator: ": ")
            let suggestion = withSuggestions ? finding.suggestion ?? "" : ""
            let text = [name, spans.words(for: finding.kernels), cause, suggestion].map(TerminalText.escaped)
            return (finding.verdict, text)
        }
        let widths = (0..<2).map { column in table.map { $0.1[column].count }.max() ?? 0 }
        let head = widths.reduce(Self.indent) { $0 + $1 + Self.gap }
        // If hardly any of the cause would be visible, it is printed below.
        let isNarrow = width.map { $0 < head + Self.leastCause } ?? false
        return [paint(title, "1")]
            + table.flatMap { verdict, text in
                let name = TerminalText.padded(text[0], to: widths[0])
                let margin = String(repeating: " ", count: Self.indent + Self.gap)
                let suggestion = text[3].isEmpty ? [] : [cut("\(margin)→ \(text[3])")]
                guard isNarrow else {
                    let spans = TerminalText.padded(text[1], to: widths[1] + Self.gap)
                    return [line(verdict, "\(name)  \(spans)\(text[2])")] + suggestion
                }
                return [line(verdict, "\(name)  \(text[1])"), cut(margin + text[2])] + suggestion
            }
    }

    private var exceptions: [String] {
        let lines = document.exceptions.compactMap { row in
            row.notice.map { cut("  ! " + TerminalText.escaped("\(row.file):\(row.line)  \($0)")) }
        }
        return lines.isEmpty ? [] : [paint("exceptions", "1")] + lines
    }

    private var closeToLimit: [String] {
        let spans = KernelSpans(document.kernels)
        let rows = Dictionary(grouping: document.cells.filter { $0.leastHeadroom != nil }, by: \.row)
        let lines = document.rowKeys.compactMap { row -> String? in
            guard let cells = rows[row], let least = cells.compactMap(\.leastHeadroom).min() else { return nil }
            let name = TerminalText.escaped("\(row.probe)/\(row.variant)")
            let kernels = TerminalText.escaped(spans.words(for: cells.map(\.kernel)))
            return cut("  ! \(name)  \(kernels)  \(least) % headroom")
        }
        return lines.isEmpty ? [] : [paint("little headroom", "1")] + lines
    }

    /// Notes on measurements that count: kernel warnings, and maps that were sized for the trial.
    private var remarks: [String] {
        let spans = KernelSpans(document.kernels)
        let cells = document.cells.filter { [.pass, .fail].contains($0.verdict) && $0.reason != nil }
        var grouped: [(row: RowKey, reason: String, kernels: [String])] = []
        for cell in cells {
            let reason = cell.reason ?? ""
            if let place = grouped.firstIndex(where: { $0.row == cell.row && $0.reason == reason }) {
                grouped[place].kernels.append(cell.kernel)
            } else {
                grouped.append((cell.row, reason, [cell.kernel]))
            }
        }
        let namesLoader = document.rowKeys.needLoaders
        let lines = grouped.map { row, reason, kernels in
            let name = "\(row.probe)/\(row.variant)" + (namesLoader ? " (\(row.loader))" : "")
            return cut("  ! " + TerminalText.escaped("\(name)  \(spans.words(for: kernels))  \(reason)"))
        }
        return lines.isEmpty ? [] : [paint("remarks", "1")] + lines
    }

    private var gaps: [String] {
        let gaps = document.gaps
        guard !gaps.isEmpty else { return [] }
        let names = gaps.map { TerminalText.escaped($0.kernel) }
        let width = names.map(\.count).max() ?? 0
        return [paint("not measured", "1")]
            + zip(gaps, names).map { gap, name in
                let cells = gap.cells == 1 ? "1 cell" : "\(gap.cells) cells"
                return line(
                    .notMeasured,
                    "\(TerminalText.padded(name, to: width))  \(TerminalText.escaped(gap.reason)) (\(cells))")
            }
    }

    private func line(_ verdict: Verdict, _ text: String) -> String {
        "  \(paint(verdict.symbol, verdict.terminalColour)) \(cut(text, indent: Self.indent))".trimmedAtEnd
    }

    private func cut(_ text: String, indent: Int = 0) -> String {
        width.map { TerminalText.shortened(text, to: $0 - indent) } ?? text
    }

    /// For example `108 cells: 90 pass, 17 fail, 1 crash · 31 fired, 4 attached · 18 not measured · 2 not as expected ·
    /// 30 from the store · 4.2 s`.
    private var counts: String {
        func count(_ verdict: Verdict) -> Int { document.cells.count { $0.verdict == verdict } }
        let verdicts = Verdict.allCases.filter { $0 != .notMeasured && count($0) > 0 }
            .map { paint("\(count($0)) \($0.word)", $0.terminalColour) }
        let cells = document.cells.count == 1 ? "1 cell" : "\(document.cells.count) cells"
        let unexpected = document.cells.count(where: \.isUnexpected)
        let cached = document.cells.count(where: \.cached)
        let farther = [Stage.fire, .attach].compactMap { stage in
            let count = document.cells.count { $0.verdict == .pass && $0.stage == stage }
            return count > 0 ? "\(count) \(stage == .fire ? "fired" : "attached")" : nil
        }
        let parts = [
            verdicts.isEmpty ? cells : "\(cells): \(verdicts.joined(separator: ", "))",
            farther.isEmpty ? nil : farther.joined(separator: ", "),
            count(.notMeasured) > 0 ? "\(count(.notMeasured)) not measured" : nil,
            unexpected > 0 ? paint("\(unexpected) not as expected", "1") : verdicts.isEmpty ? nil : "all as expected",
            cached > 0 ? "\(cached) from the store" : nil,
            "\((document.run.durationSeconds * 10).rounded() / 10) s",
        ]
        return parts.compactMap(\.self).joined(separator: " · ")
    }
}

extension String {
    fileprivate var trimmedAtEnd: String { String(self[..<(lastIndex { $0 != " " }.map(index(after:)) ?? startIndex)]) }
}

extension CellResult {
    /// The smallest headroom of its programs in percent, if one is close to the limit.
    fileprivate var leastHeadroom: Double? {
        programs.compactMap(\.stats).filter(\.isCloseToLimit).compactMap(\.headroomPercent).min()
    }
}
