package import MatrixAnalysis
import MatrixModel

/// The boundaries of verdicts, for a terminal.
package enum BisectionText {
    /// Writes one block per variant; it ends with a line break.
    package static func render(_ bisections: [Bisection], style: TerminalTable.Style) -> String {
        bisections.map { render($0, Paint(style: style)).joined(separator: "\n") }.joined(separator: "\n\n") + "\n"
    }

    private static func render(_ bisection: Bisection, _ paint: Paint) -> [String] {
        let spans = KernelSpans(ids: bisection.kernels.map(\.id))
        let name = "\(bisection.probe)/\(bisection.variant) (\(bisection.loader))"
        var lines = bisection.turns.map { turn in
            let older = side(turn.below, "≤", in: bisection), newer = side(turn.above, "≥", in: bisection)
            let words =
                turn.passesAbove ? "passes on \(newer), fails on \(older)" : "passes on \(older), fails on \(newer)"
            let between =
                turn.between.isEmpty
                ? "" : "; \(spans.words(for: turn.between)) between them could not be measured"
            return words + between
        }
        if lines.isEmpty { lines.append(withoutTurn(bisection, spans)) }
        if !bisection.isMonotonic {
            let rest =
                bisection.notTested.isEmpty
                ? "" : ": there may be more boundaries between the kernels that were not tested"
            lines.append("the verdict does not follow the version" + rest)
        }
        lines.append(count(bisection))
        if !bisection.notTested.isEmpty {
            lines.append("not tested: \(spans.words(for: bisection.notTested.map(\.id)))")
        }
        lines += Dictionary(grouping: bisection.notMeasured) { $0.reason ?? "no reason recorded" }
            .sorted { $0.key < $1.key }.map { "not measured: \(spans.words(for: $1.map(\.id))): \($0)" }
        return [paint(TerminalText.escaped(name), "1")] + lines.map { "  " + TerminalText.escaped($0) }
    }

    private static func withoutTurn(_ bisection: Bisection, _ spans: KernelSpans) -> String {
        let asked = bisection.tested + bisection.stored
        guard let first = asked.first else { return "nothing could be measured" }
        let kernels = spans.words(for: bisection.kernels.filter { $0.verdict != nil }.map(\.id))
        return first.verdict == .pass
            ? "passes on every tested kernel: \(kernels)"
            : "passes on none of the tested kernels: \(kernels)" + causes(of: asked)
    }

    private static func causes(of kernels: [BisectedKernel]) -> String {
        let causes = Set(kernels.compactMap(\.cause)).sorted()
        return causes.isEmpty ? "" : ": \(causes.joined(separator: ", "))"
    }

    /// For example `≤ 5.4 (ubuntu-5.4): size-negative`.
    private static func side(_ id: String, _ sign: String, in bisection: Bisection) -> String {
        let kernel = bisection.kernels.first { $0.id == id }
        let version = KernelID(id).map { String($0.text.dropFirst($0.family.count + 1)) } ?? id
        let verdict = kernel?.verdict.flatMap { [.pass, .fail].contains($0) ? nil : " \($0.rawValue)" } ?? ""
        return "\(sign) \(version) (\(id))\(verdict)" + (kernel?.cause.map { ": \($0)" } ?? "")
    }

    private static func count(_ bisection: Bisection) -> String {
        let tested = bisection.tested.count
        let kernels = tested == 1 ? "1 kernel" : "\(tested) kernels"
        let stored = bisection.stored.isEmpty ? "" : ", \(bisection.stored.count) from the store"
        return "\(kernels) tested of \(bisection.kernels.count)\(stored)"
    }
}
