package import ArgumentParser
import MatrixAnalysis
import MatrixSession
import Reports

package struct Diff: AsyncParsableCommand {
    package static let configuration = CommandConfiguration(
        commandName: "diff",
        abstract: "Says what changed between two runs: regressions, fixes, other causes, numbers, kernels.",
        discussion: "Exits with 1 when something became worse, else with 0.")

    @Argument(help: "The earlier run. \(RunReference.help)") var from = "previous"
    @Argument(help: "The later run.") var to = "latest"
    @Option(help: "text, json or markdown.") var format: AnalysisFormat = .text
    @OptionGroup var thresholds: ThresholdOptions
    @OptionGroup var stored: StoredRuns

    package init() {}

    package func run() async throws {
        let comparison = RunComparison(
            from: try RunReference.document(from, in: stored.open), to: try RunReference.document(to, in: stored.open),
            thresholds: thresholds.thresholds)
        switch format {
        case .json: print(try Output.json(comparison))
        case .markdown: print(ComparisonMarkdown.render(comparison), terminator: "")
        case .text:
            print(
                ComparisonText.render(comparison, style: Terminal.style, width: Terminal.width), terminator: "")
        }
        if !comparison.regressions.isEmpty { throw ExitStatus.unexpectedVerdicts.code }
    }
}

package enum AnalysisFormat: String, ExpressibleByArgument, CaseIterable, Sendable { case text, json, markdown }

/// From when on a number is told.
struct ThresholdOptions: ParsableArguments {
    @Option(help: "Tells of programs that cost so many percent more instructions.") var growth = 10.0
    @Option(help: "Tells of programs that leave less than so many percent of the limit.") var headroom = 15.0

    init() {}

    func validate() throws {
        guard growth >= 0 else { throw ValidationError("--growth takes a percentage, 0 or more") }
        guard (0...100).contains(headroom) else { throw ValidationError("--headroom takes a percentage, 0 to 100") }
    }

    var thresholds: ComparisonThresholds { ComparisonThresholds(growthPercent: growth, headroomPercent: headroom) }
}
