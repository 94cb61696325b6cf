package import ArgumentParser
import Foundation
import HostTools
import Machine
import Manifests
import MatrixAnalysis
import MatrixModel
import MatrixSession
import ProbeObject
import QEMUBackend
import Reports
import ResultStore
import RunPlanning
import SystemPackage

package struct RunCommand: AsyncParsableCommand {
    package static let configuration = CommandConfiguration(
        commandName: "run",
        abstract: "Boots the kernels, loads the probes, stores the run, writes the report and prints the table.")

    @Option(name: .customLong("kernel"), help: "Only kernels whose id matches this pattern; repeatable.")
    var kernels: [String] = []
    @Option(name: .customLong("probe"), help: "Only probes whose name matches this pattern; repeatable.")
    var probes: [String] = []
    @Option(name: .customLong("variant"), help: "Only variants whose name matches this pattern; repeatable.")
    var variants: [String] = []
    @Option(name: .customLong("object"), help: "An object file (.bpf.o) to load; needs no manifest; repeatable.")
    var objects: [String] = []
    @Option(name: .customLong("loader"), help: LoaderOption.help) var loaders: [LoaderOption] = []
    @Option(help: "How many guests run at once (default: one more than processors if cells await events).") var jobs:
        Int?
    @Option(help: "auto, kvm or tcg.") var accel: AcceleratorOption = .auto
    @Option(help: "auto, warm or cold.") var start: StartOption = .auto
    @Option(help: "Seconds that one cell may take; 120 without it.") var timeout: Int?
    @Option(help: "The folder of stored runs.") var results: String?
    @Option(help: "Prints \(ReportFormat.list) to stdout instead of the table and the path of the page.")
    var format: ReportFormat?
    @Flag(help: "Exits with 0 or 1 even when some cell could not be measured.") var allowMissing = false
    @Flag(help: "Measures everything anew.") var noCache = false
    @Flag(help: "Keep all of every log; of a very long one only the first MiB and the last lines are kept otherwise.")
    var fullLogs = false
    @Option(help: "I/N: only the I-th of N parts of the cells.") var shard: Shard?
    @Option(help: "What the run is compared with; exits with 1 on regressions only. \(RunReference.help)")
    var baseline: String?
    @Flag(help: "Compares with nothing, whatever compat-matrix.yaml says.") var noBaseline = false
    @Option(help: "A compat-matrix.yaml, instead of the nearest at or above the current folder.", completion: .file())
    var config: String?
    @Flag(help: "Goes on: runs again what changes, until Ctrl-C.") var watch = false

    package init() {}

    package func validate() throws {
        try request().validateAsArguments()
        if noBaseline, baseline != nil { throw ValidationError("--baseline and --no-baseline exclude each other") }
        if watch, format != nil || baseline != nil {
            throw ValidationError("--watch shows the table of what changed: no --format and no --baseline beside it")
        }
    }

    private func request() throws -> RunRequest {
        var request = RunRequest()
        request.kernels = kernels
        request.probes = probes.map(Glob.init)
        request.variants = variants.map(Glob.init)
        request.objects = try objects.map(Workspace.absolute)
        request.loaders = loaders
        request.jobs = jobs
        request.accelerator = accel
        request.start = start.policy
        request.timeoutSeconds = timeout
        request.results = try results.map(Workspace.absolute)
        request.takesStoredAnswers = !noCache
        request.keepsFullLogs = fullLogs
        request.shard = shard
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
        // Shown before it is written to a file: a disk that is full must not cost the answer.
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

    /// Shows a run of a watch, and how long after the change it is over.
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
        // After the answer: nobody waits for the page.
        _ = try ReportFile.writePage(of: document, in: session.store)
    }

    /// Says what differs from the baseline, and what the gate makes of it; below the table, or beside another format.
    private func show(_ gate: Gate) {
        let isTable = format == nil
        let write = { (text: String) in isTable ? print(text) : Output.toStderr(text) }
        if let comparison = gate.comparison {
            let text = ComparisonText.render(
                comparison, style: isTable ? Terminal.style : .plain, width: isTable ? Terminal.width : nil)
            write("against the baseline, \(text)")
        }
        // Without a baseline the table has said what is not as expected.
        if gate.comparison != nil || gate.breaches.contains(where: { $0.condition != .unexpected }) {
            write(GateText.render(gate) + (isTable ? "\n" : ""))
        }
    }
}
