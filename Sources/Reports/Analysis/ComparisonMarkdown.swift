package import MatrixAnalysis
import MatrixModel

/// What changed between two runs, for a pull request's comment.
package enum ComparisonMarkdown {
    /// Writes the comparison; it ends with a line break.
    package static func render(_ comparison: RunComparison) -> String {
        let head = [
            "### \(MarkdownText.prose(comparison.summary))", "",
            "\(MarkdownText.code(comparison.from.id)) → \(MarkdownText.code(comparison.to.id))",
        ]
        let parts = [
            head, table(comparison),
            list("instructions", numbers(NumberGroup.all(comparison.growths), comparison)),
            list(
                "less than \(comparison.thresholds.headroomPercent.plain) % headroom",
                numbers(NumberGroup.all(comparison.lowHeadroom), comparison)),
            list("kernels", comparison.kernelWords), list("loaders", comparison.loaderWords),
        ]
        return parts.filter { !$0.isEmpty }.map { $0.joined(separator: "\n") }.joined(separator: "\n\n") + "\n"
    }

    private static func table(_ comparison: RunComparison) -> [String] {
        let spans = KernelSpans(ids: comparison.kernelIDs)
        let rows = CellChange.Kind.told.flatMap { ChangeGroup.all(comparison.changes($0)) }.map { group in
            [
                "\(group.kind.symbol) \(group.kind.word)",
                MarkdownText.code("\(group.row.probe)/\(group.row.variant)")
                    + " \(MarkdownText.prose(group.row.loader))",
                MarkdownText.prose(spans.words(for: group.kernels)), MarkdownText.prose(group.from),
                MarkdownText.prose(group.to),
                (group.details.map { MarkdownText.code($0) } + group.settings.map { MarkdownText.prose($0) })
                    .joined(separator: "<br>"),
            ]
        }
        guard !rows.isEmpty else { return [] }
        return MarkdownTable.render(header: ["", "variant", "kernels", "was", "is", "why"], rows: rows)
    }

    private static func numbers(_ groups: [NumberGroup], _ comparison: RunComparison) -> [String] {
        let spans = KernelSpans(ids: comparison.kernelIDs)
        return groups.map { "\($0.name) on \(spans.words(for: $0.kernels)): \($0.words)" }
    }

    private static func list(_ title: String, _ lines: [String]) -> [String] {
        lines.isEmpty ? [] : ["**\(title)**", ""] + lines.map { "- \(MarkdownText.prose($0))" }
    }
}

extension CellChange.Kind {
    fileprivate var word: String {
        switch self {
        case .regression: "regression"
        case .fix: "fix"
        case .otherwise: "changed"
        case .new: "new"
        case .gone: "gone"
        case .noLongerMeasured: "no longer measured"
        case .newlyMeasured: "measured now"
        }
    }
}
