package import MatrixAnalysis
import MatrixModel

/// Which variants to ship, for a terminal.
package enum PlanText {
    /// Writes the plan; it ends with a line break.
    package static func render(_ plan: VariantPlan, style: TerminalTable.Style) -> String {
        plan.probes.map { probe($0, Paint(style: style)).joined(separator: "\n") }.joined(separator: "\n\n") + "\n"
    }

    private static func probe(_ plan: ProbePlan, _ paint: Paint) -> [String] {
        let words = PlanWords(plan)
        let winners = TextColumns.lines(
            header: ["kernel", "winner", "stage", "shipped variant", "also passes"], rows: words.kernels)
        let variants = TextColumns.lines(header: ["variant", "status", "passes"], rows: words.variants)
        let facts = TextColumns.lines(rows: words.facts.map { [$0.name, $0.words] })
        let blocks = [facts, winners, variants].map {
            $0.map { "  " + TerminalText.escaped($0) }.joined(separator: "\n")
        }
        return [paint(TerminalText.escaped(words.title), "1"), blocks.joined(separator: "\n\n")]
    }
}

/// Which variants to ship, for a page of Markdown.
package enum PlanMarkdown {
    /// Writes the plan; it ends with a line break.
    package static func render(_ plan: VariantPlan) -> String {
        plan.probes.map { probe($0).joined(separator: "\n") }.joined(separator: "\n\n") + "\n"
    }

    private static func probe(_ plan: ProbePlan) -> [String] {
        let words = PlanWords(plan)
        func escaped(_ rows: [[String]]) -> [[String]] { rows.map { $0.map(MarkdownText.prose) } }
        return ["### \(MarkdownText.prose(words.title))", ""]
            + words.facts.map { "- \($0.name): \(MarkdownText.prose($0.words))" } + [""]
            + MarkdownTable.render(
                header: ["kernel", "winner", "stage", "shipped variant", "also passes"], rows: escaped(words.kernels))
            + [""] + MarkdownTable.render(header: ["variant", "status", "passes"], rows: escaped(words.variants))
    }
}

/// The texts of a plan, for any output format.
struct PlanWords {
    let title: String
    let facts: [(name: String, words: String)]
    /// Kernel, winner, stage, shipped variant, other passing variants.
    let kernels: [[String]]
    /// Variant, status, kernels on which it passes.
    let variants: [[String]]

    init(_ plan: ProbePlan) {
        let spans = KernelSpans(ids: plan.kernels.map(\.kernel))
        func name(_ contender: Contender) -> String {
            contender.loader == plan.loader ? contender.variant : "\(contender.variant) (\(contender.loader))"
        }
        func names(_ contenders: some Sequence<Contender>) -> String { contenders.map(name).joined(separator: ", ") }
        title = plan.probe + (plan.loader.map { " with \($0)" } ?? "")
        let fewest = plan.isExact ? "smallest set" : "best set found; the search was stopped early"
        let told: [(name: String, words: String)] = [
            ("ships", plan.cover.isEmpty ? "nothing: no variant passes anywhere" : "\(names(plan.cover)) (\(fewest))"),
            ("passes", plan.support.words(spans)), ("dead", names(plan.dead)),
            ("nothing covers", spans.words(for: plan.uncovered)), ("not measured", spans.words(for: plan.notMeasured)),
        ]
        facts = told.filter { !$0.words.isEmpty }
        kernels = plan.kernels.map { choice in
            let missing = choice.missing.isEmpty || !choice.isMeasured ? "" : "not measured: \(names(choice.missing))"
            let others = names(choice.passing.dropFirst())
            return [
                choice.kernel, choice.winner.map(name) ?? (choice.isMeasured ? "none" : "not measured"),
                choice.stage?.rawValue ?? "", choice.fromCover.map(name) ?? "",
                [others, missing].filter { !$0.isEmpty }.joined(separator: "; "),
            ]
        }
        variants = plan.contenders.map { contender in
            let standing =
                switch contender.standing {
                case .chosen: "ships"
                case .spare: "spare"
                case .dominated: "dead: \(contender.by.map(name) ?? "another") passes wherever it does"
                case .passesNowhere:
                    contender.support.notMeasured.isEmpty ? "dead: passes nowhere" : "dead, as far as measured"
                case .notMeasured: "not measured"
                }
            return [name(contender.contender), standing, contender.support.words(spans)]
        }
    }
}

extension SupportRange {
    /// For example `from debian-5.10 on`, `from el7-3.10, not on ubuntu-5.4; not measured: debian-7.3`.
    func words(_ spans: KernelSpans) -> String {
        let unknown = notMeasured.isEmpty ? "" : "; not measured: \(spans.words(for: notMeasured))"
        guard let lowest else { return (notMeasured.isEmpty ? "nowhere" : "nowhere, as far as measured") + unknown }
        guard !holes.isEmpty else { return "from \(lowest) on" + unknown }
        let steady = steadyFrom.map { ", without gaps from \($0) on" } ?? ""
        return "from \(lowest), not on \(spans.words(for: holes))\(steady)" + unknown
    }
}

/// Lines of columns that are as wide as their widest cell, without trailing spaces.
enum TextColumns {
    static func lines(header: [String]? = nil, rows: [[String]]) -> [String] {
        let all = (header.map { [$0] } ?? []) + rows
        let columns = all.map(\.count).max() ?? 0
        let widths = (0..<columns).map { column in
            all.map { $0.indices.contains(column) ? $0[column].count : 0 }.max() ?? 0
        }
        return all.map { row in
            var line = zip(row, widths).map { TerminalText.padded($0, to: $1) }.joined(separator: "  ")
            while line.last == " " { line.removeLast() }
            return line
        }
    }
}
