package import ArgumentParser
import Machine
import MatrixAnalysis
import MatrixModel
import MatrixSession
import Reports
import RunPlanning
import SystemPackage

package struct Bisect: AsyncParsableCommand, HasDiagnostics {
    package static let configuration = CommandConfiguration(
        commandName: "bisect",
        abstract: "Find the kernels between which a probe's verdict changes, booting as few kernels as possible.",
        usage: """
            compat-matrix bisect <probe> [--kernel <kernel> ...] [--variant <variant> ...] [--loader <loader> ...] \
            [--archive] [--format <format>] [--jobs <jobs>] [--accel <accel>] [--timeout <timeout>] \
            [--results <results>] [--no-cache] [--full-logs] [--verbose]
            """,
        discussion: """
            Tests the oldest and the newest kernel, then repeatedly the one in the middle between two neighbors with \
            different verdicts. Reuses stored results for identical inputs. Each step is stored as a run.
            """)

    @Argument(help: "The name of the probe.") var probe: String
    @Option(name: .customLong("kernel"), help: "Select kernels whose id matches this glob; repeatable.")
    var kernels: [String] = []
    @Option(name: .customLong("variant"), help: "Select variants whose name matches this glob; repeatable.")
    var variants: [String] = []
    @Option(name: .customLong("loader"), help: "Select loaders whose name matches this glob; repeatable.")
    var loaders: [String] = []
    @Flag(
        help: "Bisect all versions that the archive of the one --kernel offers; a version is fetched when it is tested."
    )
    var archive = false
    @Option(help: "Output format.") var format: HistoryFormat = .text
    @Option(help: "Maximum number of guests at once (default: one per CPU, plus one if a cell waits for an event).")
    var jobs: Int?
    @Option(help: "Accelerator for guests.") var accel: AcceleratorOption = .auto
    @Option(help: "Time limit for one cell, in seconds (default: 120).") var timeout: Int?
    @Option(help: "The directory with the stored runs.") var results: String?
    @Flag(help: "Measure every cell, even if the store has its result.") var noCache = false
    @Flag(help: "Keep complete logs; otherwise, only the first MiB and the last lines of a very long log are kept.")
    var fullLogs = false
    @OptionGroup var diagnostics: DiagnosticsOptions

    package init() {}

    package func validate() throws {
        guard !archive || kernels.count == 1 else {
            throw ValidationError("--archive needs exactly one --kernel: bisect searches the archive of that kernel")
        }
        guard (1...256).contains(jobs ?? 1) else { throw ValidationError("--jobs must be between 1 and 256") }
        guard (1...86_400).contains(timeout ?? 1) else {
            throw ValidationError("--timeout must be between 1 and 86400 seconds")
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
        // A kernel from an archive is booted only once, so its snapshot would only take up space.
        run.start = archive ? .cold : .auto
        run.timeoutSeconds = timeout
        run.results = try results.map(Workspace.absolute)
        run.takesStoredAnswers = !noCache
        run.keepsFullLogs = fullLogs
        run.ignoresBaseline = true
        return BisectRequest(probe: probe, run: run, overArchive: archive)
    }
}
