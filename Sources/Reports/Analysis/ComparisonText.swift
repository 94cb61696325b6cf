package import MatrixAnalysis
import MatrixModel

/// What changed between two runs, for a terminal.
package enum ComparisonText {
    /// Writes the comparison; it ends with a line break.
    ///
    /// `width` is the width of the terminal, at which lines are cut; `nil` to keep lines uncut.
    package static func render(_ comparison: RunComparison, style: TerminalTable.Style, width: Int?) -> String {
        let paint = Paint(style: style)
        let head = ["\(comparison.from.id) → \(comparison.to.id)", comparison.summary]
        let sections =
            [head.map { line($0, width) }]
            + CellChange.Kind.told.map { section($0, comparison, paint, width) }
            + [
                section("instructions", numbers(NumberGroup.all(comparison.growths), comparison), paint, width),
                section(
                    "less than \(comparison.thresholds.headroomPercent.plain) % headroom",
                    numbers(NumberGroup.all(comparison.lowHeadroom), comparison), paint, width),
                section("kernels", comparison.kernelWords, paint, width),
                section("loaders", comparison.loaderWords, paint, width),
            ]
        return sections.filter { !$0.isEmpty }.map { $0.joined(separator: "\n") }.joined(separator: "\n\n") + "\n"
    }

    private static func section(
        _ kind: CellChange.Kind, _ comparison: RunComparison, _ paint: Paint, _ width: Int?
    ) -> [String] {
        let changes = comparison.changes(kind)
        guard !changes.isEmpty else { return [] }
        let spans = KernelSpans(ids: comparison.kernelIDs)
        let groups = ChangeGroup.all(changes)
        let names = groups.map { TerminalText.escaped($0.name) }
        let kernels = groups.map { TerminalText.escaped(spans.words(for: $0.kernels)) }
        let widths = (names.map(\.count).max() ?? 0, kernels.map(\.count).max() ?? 0)
        let lines = groups.indices.flatMap { place in
            let group = groups[place]
            let words = [group.from, group.to].filter { !$0.isEmpty }.joined(separator: " → ")
            let name = TerminalText.padded(names[place], to: widths.0)
            let kernels = TerminalText.padded(kernels[place], to: widths.1)
            let details = (group.details + group.settings).map { line("      \(TerminalText.escaped($0))", width) }
            return [line("  \(kind.symbol) \(name)  \(kernels)  \(TerminalText.escaped(words))", width)] + details
        }
        return [paint(kind.count(changes.count), "1;\(kind.colour)")] + lines
    }

    private static func numbers(_ groups: [NumberGroup], _ comparison: RunComparison) -> [String] {
        let spans = KernelSpans(ids: comparison.kernelIDs)
        return TextColumns.lines(
            rows: groups.map { ["\($0.mark) \($0.name)", spans.words(for: $0.kernels), $0.words] })
    }

    private static func section(_ title: String, _ lines: [String], _ paint: Paint, _ width: Int?) -> [String] {
        guard !lines.isEmpty else { return [] }
        return [paint(title, "1")] + lines.map { line("  " + TerminalText.escaped($0), width) }
    }

    private static func line(_ text: String, _ width: Int?) -> String {
        width.map { TerminalText.shortened(text, to: $0) } ?? text
    }
}

extension CellChange.Kind {
    fileprivate var colour: String {
        switch self {
        case .regression: "31"
        case .fix: "32"
        case .otherwise: "33"
        case .new, .gone, .noLongerMeasured, .newlyMeasured: "2"
        }
    }
}

extension Double {
    /// Without a fraction if it is zero: `15`, `12.5`.
    var plain: String { self == rounded() ? "\(Int(self))" : "\(self)" }
}
