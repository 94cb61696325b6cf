package import ArgumentParser
import MatrixAnalysis
import MatrixSession
import Reports

package struct Diff: AsyncParsableCommand {
    package static let configuration = CommandConfiguration(
        commandName: "diff",
        abstract: "Compare two runs: list regressions, fixes, new causes, growth, headroom, kernels and loaders.",
        discussion: "Exits with 1 if there is a regression, otherwise with 0.")

    @Argument(help: "The earlier run. \(RunReference.help)") var from = "previous"
    @Argument(help: "The later run.") var to = "latest"
    @Option(help: "Output format.") var format: AnalysisFormat = .text
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

/// The thresholds above which numbers are reported.
struct ThresholdOptions: ParsableArguments {
    @Option(help: "Report programs that cost this many percent more instructions.") var growth = 10.0
    @Option(help: "Report programs with less headroom than this many percent.") var headroom = 15.0

    init() {}

    func validate() throws {
        guard growth >= 0 else { throw ValidationError("--growth must be a percentage of at least 0") }
        guard (0...100).contains(headroom) else {
            throw ValidationError("--headroom must be a percentage between 0 and 100")
        }
    }

    var thresholds: ComparisonThresholds { ComparisonThresholds(growthPercent: growth, headroomPercent: headroom) }
}
