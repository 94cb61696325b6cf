package import ArgumentParser
import Machine
import MatrixAnalysis
import MatrixModel
import MatrixSession
import Reports
import RunPlanning
import SystemPackage

package struct Bisect: AsyncParsableCommand {
    package static let configuration = CommandConfiguration(
        commandName: "bisect",
        abstract: "Finds the kernels between which a probe's verdict turns, and boots as few as possible for it.",
        discussion: """
            Looks at the ends of the row of kernels, then at the middle between two neighbours that differ. What the store knows \
            of the same inputs is not measured again. What is measured is stored as runs, one a step.
            """)

    @Argument(help: "The probe.") var probe: String
    @Option(name: .customLong("kernel"), help: "Only kernels whose id matches this pattern; repeatable.")
    var kernels: [String] = []
    @Option(name: .customLong("variant"), help: "Only variants whose name matches this pattern; repeatable.")
    var variants: [String] = []
    @Option(name: .customLong("loader"), help: "Only loaders whose name matches this pattern; repeatable.")
    var loaders: [String] = []
    @Flag(help: "Over all kernels that the archive of the one --kernel offers, each fetched when it is tested.")
    var archive = false
    @Option(help: "text or json.") var format: HistoryFormat = .text
    @Option(help: "Guests at once; as many as there are processors without it.") var jobs: Int?
    @Option(help: "auto, kvm or tcg.") var accel: AcceleratorOption = .auto
    @Option(help: "Seconds that one cell may take; 120 without it.") var timeout: Int?
    @Option(help: "The folder of stored runs.") var results: String?
    @Flag(help: "Measures everything anew.") var noCache = false
    @Flag(help: "Keep all of every log; of a very long one only the first MiB and the last lines are kept otherwise.")
    var fullLogs = false

    package init() {}

    package func validate() throws {
        guard !archive || kernels.count == 1 else {
            throw ValidationError("--archive takes one --kernel, whose archive and pattern are looked through")
        }
        try request().run.validateAsArguments()
    }

    package func run() async throws {
        let bisections = try await BisectSession(
            request(), workspace: .ofThisProcess(), display: TerminalDisplay()
        ).run()
        switch format {
        case .json: print(try Output.json(bisections))
        case .text: print(BisectionText.render(bisections, style: Terminal.style), terminator: "")
        }
        guard bisections.allSatisfy({ !$0.tested.isEmpty || !$0.stored.isEmpty }) else {
            throw ExitStatus.notMeasured.code
        }
    }

    private func request() throws -> BisectRequest {
        var run = RunRequest()
        run.kernels = kernels
        run.probes = [Glob(probe)]
        run.variants = variants.map(Glob.init)
        run.loaders = loaders.map(LoaderOption.init(argument:))
        run.jobs = jobs
        run.accelerator = accel
        // A kernel of an archive is booted this once: its snapshot would only take room.
        run.start = archive ? .cold : .auto
        run.timeoutSeconds = timeout
        run.results = try results.map(Workspace.absolute)
        run.takesStoredAnswers = !noCache
        run.keepsFullLogs = fullLogs
        run.ignoresBaseline = true
        return BisectRequest(probe: probe, run: run, overArchive: archive)
    }
}
