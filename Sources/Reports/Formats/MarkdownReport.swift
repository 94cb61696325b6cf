package import MatrixModel

/// A run for the summary of a CI job or a comment on a pull request.
///
/// Fits into both: GitHub accepts summaries of 1 MiB and comments of 65,536 characters, GitLab notes of a million
/// characters. Entries that do not fit are counted.
package enum MarkdownReport {
    /// In bytes, with room for a heading that other tools add above it.
    static let limit = 60_000

    package static func render(_ document: MatrixDocument) -> String {
        let findings = document.findings
        let parts = [
            [headline(document), "", counts(document), ""],
            section("Not as expected", findings.filter { !$0.asExpected }, of: document, budget: unexpectedBudget),
            MarkdownMatrix(document).lines(budget: matrixBudget),
            gaps(document), exceptions(document),
            folded("Expected failures", findings.filter(\.asExpected), of: document, budget: expectedBudget),
            [footer(document)],
        ]
        return parts.flatMap(\.self).joined(separator: "\n")
    }

    private static let unexpectedBudget = 22_000
    private static let matrixBudget = 20_000
    private static let gapsBudget = 5_000
    private static let exceptionsBudget = 3000
    private static let expectedBudget = 8000
    /// The limit for log lines and reasons, which come from the guest and can have any length.
    private static let longestText = 400

    private static func headline(_ document: MatrixDocument) -> String {
        let unexpected = document.cells.count(where: \.isUnexpected)
        let missing = document.cells.count { $0.verdict == .notMeasured }
        if unexpected > 0 {
            let sign = unexpected == 1 ? "1 cell is" : "\(unexpected) cells are"
            return "## ≠ compat-matrix: \(sign) not as expected"
        }
        if document.cells.isEmpty { return "## compat-matrix: the run has no cells" }
        if missing == document.cells.count { return "## · compat-matrix: nothing was measured" }
        return "## ✓ compat-matrix: "
            + (missing > 0 ? "all measured cells are as expected" : "all cells are as expected")
    }

    private static func counts(_ document: MatrixDocument) -> String {
        let verdicts = Verdict.allCases.compactMap { verdict -> String? in
            let count = document.cells.count { $0.verdict == verdict }
            return count == 0
                ? nil : "\(verdict.symbol) \(count) \(verdict == .notMeasured ? "not measured" : verdict.rawValue)"
        }
        let cells = document.cells.count == 1 ? "1 cell" : "\(document.cells.count) cells"
        return ([cells] + verdicts).joined(separator: " · ")
    }

    /// Failures, one line each, followed by suggestions.
    private static func section(
        _ title: String, _ findings: [Finding], of document: MatrixDocument, budget: Int
    ) -> [String] {
        guard !findings.isEmpty else { return [] }
        let spans = KernelSpans(document.kernels)
        let namesLoader = document.rowKeys.needLoaders
        let lines = findings.map { finding -> String in
            let name = "\(finding.probe)/\(finding.variant)" + (namesLoader ? " (\(finding.loader))" : "")
            let place = finding.location.map { " at \(code("\($0.file):\($0.line)"))" } ?? ""
            let cause = [finding.cause, finding.detail].filter { !$0.isEmpty }.joined(separator: ": ")
            let said = cause.isEmpty ? "" : "<br>\(code(cause))"
            let suggestion = finding.suggestion.map { "<br>→ \(prose($0))" } ?? ""
            return "- \(finding.verdict.symbol) **\(code(name))** on \(code(spans.words(for: finding.kernels)))\(place)"
                + (finding.asExpected ? said : said + suggestion)
        }
        let (kept, missing) = MarkdownText.fitting(lines, into: budget)
        return ["### \(title)", ""] + kept + leftOut(missing) + [""]
    }

    private static func folded(
        _ title: String, _ findings: [Finding], of document: MatrixDocument, budget: Int
    ) -> [String] {
        let lines = section(title, findings, of: document, budget: budget)
        guard !lines.isEmpty else { return [] }
        return ["<details><summary>\(title): \(findings.count)</summary>", ""] + lines.dropFirst(2) + [
            "</details>", "",
        ]
    }

    private static func gaps(_ document: MatrixDocument) -> [String] {
        let gaps = document.gaps
        guard !gaps.isEmpty else { return [] }
        let lines = gaps.map { "- · **\(code($0.kernel))** (\($0.words)): \(code($0.reason))" }
        let (kept, missing) = MarkdownText.fitting(lines, into: gapsBudget)
        return ["### Not measured", ""] + kept + leftOut(missing) + [""]
    }

    /// Rules that have expired or are unneeded.
    private static func exceptions(_ document: MatrixDocument) -> [String] {
        let notices = document.exceptions.compactMap(\.notice)
        guard !notices.isEmpty else { return [] }
        let (kept, missing) = MarkdownText.fitting(notices.map { "- \(code($0))" }, into: exceptionsBudget)
        return ["### Exceptions", ""] + kept + leftOut(missing) + [""]
    }

    private static func footer(_ document: MatrixDocument) -> String {
        "Run \(code(document.run.id)) of compat-matrix \(code(document.run.tool)): ✓ pass, ✗ fail, ! crash, ◷ timeout, "
            + "· not measured, ≠ not as expected.\n"
    }

    private static func code(_ text: String) -> String {
        MarkdownText.code(TerminalText.shortened(text, to: longestText))
    }

    private static func prose(_ text: String) -> String {
        MarkdownText.prose(TerminalText.shortened(text, to: longestText))
    }

    private static func leftOut(_ count: Int) -> [String] {
        count == 0 ? [] : ["- … and \(count) more, in the full report"]
    }
}
