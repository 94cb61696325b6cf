package import ArgumentParser
import Foundation
import HostTools
import Machine
import Manifests
import MatrixAnalysis
import MatrixModel
import MatrixSession
import ProbeObject
import Reports
import ResultStore
import RunPlanning
import SystemPackage

package struct RunCommand: AsyncParsableCommand, HasDiagnostics {
    package static let configuration = CommandConfiguration(
        commandName: "run",
        abstract: "Boot the kernels, load the probes, store the run, and report the results.")

    @Option(name: .customLong("kernel"), help: "Select kernels whose id matches this glob; repeatable.")
    var kernels: [String] = []
    @Option(name: .customLong("probe"), help: "Select probes whose name matches this glob; repeatable.")
    var probes: [String] = []
    @Option(name: .customLong("variant"), help: "Select variants whose name matches this glob; repeatable.")
    var variants: [String] = []
    @Option(name: .customLong("object"), help: "Load this object file (.bpf.o), which needs no manifest; repeatable.")
    var objects: [String] = []
    @Option(name: .customLong("module"), help: "Insert this kernel module before the objects are loaded; repeatable.")
    var modules: [String] = []
    @Option(name: .customLong("loader"), help: LoaderOption.help) var loaders: [LoaderOption] = []
    @Option(help: "Maximum number of guests at once (default: one per CPU, plus one if a cell waits for an event).")
    var jobs: Int?
    @Option(help: "Accelerator for guests.") var accel: AcceleratorOption = .auto
    @Option(help: "How to start guests.") var start: StartOption = .auto
    @Option(help: "Time limit for one cell, in seconds (default: 120).") var timeout: Int?
    @Option(help: "The directory with the stored runs.") var results: String?
    @Option(help: "Print the run to stdout in this format instead of the table and the report's path.")
    var format: ReportFormat?
    @Flag(help: "Exit with 0 or 1 even if some cells could not be measured.") var allowMissing = false
    @Flag(help: "Measure every cell, even if the store has its result.") var noCache = false
    @Flag(help: "Keep complete logs; otherwise, only the first MiB and the last lines of a very long log are kept.")
    var fullLogs = false
    @Flag(help: "Give maps without max_entries a size, as veristat does. The report names these maps.")
    var trialSizes = false
    @Option(help: "Run only the I-th of N parts of the cells; the value is I/N.") var shard: Shard?
    @Option(help: "Maximum cache size; the oldest files are removed first (default: \(RunSession.cacheLimit)).")
    var cacheLimit: ByteSize?
    @Option(help: "Compare with this run, and exit with 1 only on regressions. \(RunReference.help)")
    var baseline: String?
    @Flag(help: "Ignore the baseline in compat-matrix.yaml.") var noBaseline = false
    @Option(
        help: "Use this compat-matrix.yaml instead of the nearest one in or above the current directory.",
        completion: .file())
    var config: String?
    @Flag(help: "Watch for changes and rerun the affected cells, until Ctrl-C.") var watch = false
    @OptionGroup var diagnostics: DiagnosticsOptions

    package init() {}

    package func validate() throws {
        try request().validateAsArguments()
        if noBaseline, baseline != nil { throw ValidationError("--baseline and --no-baseline cannot be combined") }
        if watch, format != nil || baseline != nil {
            throw ValidationError("--watch cannot be combined with --format or --baseline")
        }
    }

    private func request() throws -> RunRequest {
        var request = RunRequest()
        request.kernels = kernels
        request.probes = probes.map(Glob.init)
        request.variants = variants.map(Glob.init)
        request.objects = try objects.map(Workspace.absolute)
        request.modules = modules
        request.loaders = loaders
        request.jobs = jobs
        request.accelerator = accel
        request.start = start.policy
        request.timeoutSeconds = timeout
        request.results = try results.map(Workspace.absolute)
        request.takesStoredAnswers = !noCache
        request.keepsFullLogs = fullLogs
        request.sizesMaps = trialSizes
        request.shard = shard
        request.cacheLimit = cacheLimit
        request.baseline = baseline
        request.ignoresBaseline = noBaseline
        request.manifest = try config.map(Workspace.absolute)
        return request
    }

    package func run() async throws {
        let environment = RunEnvironment(try .ofThisProcess(), display: TerminalDisplay())
        if watch { return try await follow(in: environment) }
        let session = try await RunSession(try request(), in: environment)
        let outcome = try await Interruption.cancelling { try await session.measure() }
        let document = outcome.document
        let gate = session.gate(of: document)
        // Shown before it is written to a file, so that a full disk does not hide the result.
        let text = try (format ?? .table).render(
            document, comparison: gate.comparison, from: session.store, in: environment.workspace, forTerminal: true)
        print(format == nil ? text + "\n" : text)
        show(gate)
        let report = try ReportFile.writePage(of: document, comparison: gate.comparison, in: session.store)
        if format == nil { print("report: \(report)") }
        if outcome.interrupted {
            throw SessionError.interrupted(
                run: document.run.id, kept: document.cells.count, planned: session.plan.count)
        }
        guard let status = gate.status(allowMissing: allowMissing) else { return }
        throw status.code
    }

    private func follow(in environment: RunEnvironment) async throws {
        let watch = Watch(
            try request(), in: environment, show: { try Self.showRepeated($0) },
            mayPass: { ($0 as? any HasExitStatus)?.exitStatus == .invalidInput })
        try await watch.run()
    }

    /// Shows a run of a watch, and the time from the change to its end.
    private static func showRepeated(_ run: Watch.Run) throws {
        let (session, outcome) = (run.session, run.outcome)
        let document = outcome.document
        print(TerminalTable.render(document, style: Terminal.style, width: Terminal.width), terminator: "")
        if let save = run.savedAt {
            print("\(Date().timeIntervalSince(save).roundedToMilliseconds) s after the change was saved")
        }
        print("")
        try Output.finish()
        if outcome.interrupted {
            throw SessionError.interrupted(
                run: document.run.id, kept: document.cells.count, planned: session.plan.count)
        }
        // Printed first, so that the table does not wait for the HTML page.
        _ = try ReportFile.writePage(of: document, in: session.store)
    }

    /// Prints the differences from the baseline and the result of the gate: below the table, or to stderr with `--format`.
    private func show(_ gate: Gate) {
        let isTable = format == nil
        let write = { (text: String) in isTable ? print(text) : Output.toStderr(text) }
        if let comparison = gate.comparison {
            let text = ComparisonText.render(
                comparison, style: isTable ? Terminal.style : .plain, width: isTable ? Terminal.width : nil)
            write("compared with the baseline: \(text)")
        }
        // Without a baseline, the table already lists the unexpected cells.
        if gate.comparison != nil || gate.breaches.contains(where: { $0.condition != .unexpected }) {
            write(GateText.render(gate) + (isTable ? "\n" : ""))
        }
    }
}
