package import ArgumentParser
import MatrixAnalysis
import MatrixModel
import MatrixSession
import Reports

package struct PlanCommand: AsyncParsableCommand {
    package static let configuration = CommandConfiguration(
        commandName: "plan",
        abstract: "Choose the variants to ship: the smallest set that covers every kernel, winners, and dead variants.")

    @Argument(help: "\(RunReference.help)") var run = "latest"
    @Option(name: .customLong("probe"), help: "Select probes whose name matches this glob; repeatable.")
    var probes: [String] = []
    @Option(name: .customLong("loader"), help: "Select loaders whose name matches this glob; repeatable.")
    var loaders: [String] = []
    @Option(help: "Output format.") var format: AnalysisFormat = .text
    @OptionGroup var stored: StoredRuns

    package init() {}

    package func run() async throws {
        let document = try RunReference.document(run, in: stored.open)
        guard !document.cells.isEmpty else {
            throw CommandFailure(.usage, "run \(document.run.id) has no cells: choose another run")
        }
        var plan = VariantPlan(document)
        let probes = GlobOption("--probe", probes), loaders = GlobOption("--loader", loaders)
        try probes.check(plan.probes.map(\.probe))
        plan.probes = plan.probes.filter { probes.matches($0.probe) }
        try loaders.check(plan.probes.compactMap(\.loader))
        plan.probes = plan.probes.filter { plan in plan.loader.map(loaders.matches) ?? true }
        switch format {
        case .json: print(try Output.json(plan))
        case .markdown: print(PlanMarkdown.render(plan), terminator: "")
        case .text: print(PlanText.render(plan, style: Terminal.style), terminator: "")
        }
    }
}
