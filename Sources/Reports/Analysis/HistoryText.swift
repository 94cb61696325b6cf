package import MatrixAnalysis
import MatrixModel

/// A probe over the stored runs, for a terminal: one table per variant, kernels across, runs down, the newest last.
package enum HistoryText {
    /// Writes the history; it ends with a line break.
    ///
    /// `width` is the width of the terminal; kernels that do not fit continue in another block below. `nil` means
    /// unlimited.
    package static func render(_ history: ProbeHistory, style: TerminalTable.Style, width: Int?) -> String {
        let paint = Paint(style: style)
        var rows: [(name: String, series: [CellSeries])] = []
        for series in history.series {
            let name = "\(series.variant) (\(series.loader))"
            if rows.last?.name == name {
                rows[rows.count - 1].series.append(series)
            } else {
                rows.append((name, [series]))
            }
        }
        let tables = rows.map { row in
            [paint(TerminalText.escaped(row.name), "1")] + table(row.series, runs: history.runs, paint, width)
        }
        let parts = [[paint(TerminalText.escaped(history.probe), "1")]] + tables + [turns(history, paint)]
        return parts.filter { !$0.isEmpty }.map { $0.joined(separator: "\n") }.joined(separator: "\n\n") + "\n"
    }

    private static func table(_ series: [CellSeries], runs: [RunInfo], _ paint: Paint, _ width: Int?) -> [String] {
        let heads = ["run"] + runs.map { TerminalText.escaped($0.id) }
        let margin = heads.map(\.count).max() ?? 0
        let columns = series.map { series in
            let points = Dictionary(series.points.map { ($0.run, $0) }, uniquingKeysWith: { _, last in last })
            let texts = [TerminalText.escaped(series.kernel)] + runs.map { points[$0.id].map(\.mark) ?? "" }
            let colours = [""] + runs.map { points[$0.id]?.verdict.terminalColour ?? "" }
            return Column(texts: texts, colours: colours)
        }
        var blocks: [[Column]] = []
        var used = 0
        for column in columns {
            if let last = blocks.indices.last, width.map({ used + 2 + column.width <= $0 }) ?? true {
                blocks[last].append(column)
                used += 2 + column.width
            } else {
                blocks.append([column])
                used = 2 + margin + 2 + column.width
            }
        }
        return blocks.flatMap { block in
            heads.indices.map { line in
                let cells = block.enumerated().map { place, column in
                    let text = column.texts[line]
                    let space = place == block.count - 1 ? 0 : column.width - text.count
                    return paint(text, column.colours[line]) + String(repeating: " ", count: space)
                }
                var text = (["  " + TerminalText.padded(heads[line], to: margin)] + cells).joined(separator: "  ")
                while text.last == " " { text.removeLast() }
                return text
            }
        }
    }

    private struct Column {
        var texts: [String]
        var colours: [String]

        var width: Int { texts.map(\.count).max() ?? 0 }
    }

    /// The changes, in the order of the runs.
    private static func turns(_ history: ProbeHistory, _ paint: Paint) -> [String] {
        let order = Dictionary(history.runs.enumerated().map { ($1.id, $0) }, uniquingKeysWith: { first, _ in first })
        var lines: [(run: Int, columns: [String])] = []
        for series in history.series {
            var last: HistoryPoint?
            for point in series.points where point.verdict != .notMeasured {
                if let last, !point.changes.isEmpty {
                    let name = "\(series.variant) (\(series.loader))"
                    let words = point.words(since: last)
                    lines.append(
                        (order[point.run] ?? 0, [point.run, name, series.kernel, words].map(TerminalText.escaped)))
                }
                last = point
            }
        }
        guard !lines.isEmpty else { return [paint("no changes", "1")] }
        let sorted = lines.enumerated().sorted { ($0.element.run, $0.offset) < ($1.element.run, $1.offset) }
        return [paint("changes", "1")] + TextColumns.lines(rows: sorted.map(\.element.columns)).map { "  " + $0 }
    }
}

extension HistoryPoint {
    /// For example `✓ 42`, `✗ fail ▼`.
    fileprivate var mark: String {
        let number = verdict == .pass ? instructions.map { "\($0)" } ?? verdict.word : verdict.word
        let sign = changes.compactMap(\.sign).joined()
        return "\(verdict.symbol) \(number)" + (sign.isEmpty ? "" : " \(sign)")
    }

    fileprivate func words(since last: HistoryPoint) -> String {
        let verdicts = changes.contains { [.regression, .fix, .otherwise].contains($0) }
        let showsStage = verdict == .pass && last.verdict == .pass
        let parts = [
            verdicts ? "\(last.outcome(showsStage)) → \(outcome(showsStage))" : nil,
            changes.contains(.growth) ? "\(last.instructions ?? 0) → \(instructions ?? 0) instructions" : nil,
            changes.contains(.kernelRelease) ? "another kernel: \(last.release ?? "") → \(release ?? "")" : nil,
            changes.contains(.loaderVersion)
                ? "another loader: \(last.loaderVersion ?? "") → \(loaderVersion ?? "")" : nil,
        ]
        return parts.compactMap(\.self).joined(separator: "; ")
    }

    private func outcome(_ showsStage: Bool) -> String {
        let stage = stage.map { " at \($0.rawValue)" } ?? ""
        guard verdict == .fail else { return verdict.rawValue + (showsStage || verdict != .pass ? stage : "") }
        let causes = Set(
            programs.values.filter { $0.verdict == .fail }.compactMap { program in
                program.cause ?? (program.errno == 0 ? nil : LinuxErrno(number: program.errno).name)
            })
        return "fail" + stage + (causes.isEmpty ? "" : ": " + causes.sorted().joined(separator: ", "))
    }
}

extension HistoryPoint.Change {
    fileprivate var sign: String? {
        switch self {
        case .regression: "▼"
        case .fix: "▲"
        case .otherwise: "≠"
        case .growth: "↑"
        case .kernelRelease, .loaderVersion: nil
        }
    }
}
