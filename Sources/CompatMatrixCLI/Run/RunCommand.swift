package import ArgumentParser
import Foundation
import Machine
import Manifests
import MatrixAnalysis
import MatrixModel
import ProbeObject
import QEMUBackend
import Reports
import ResultStore
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
        guard (1...256).contains(jobs ?? 1) else { throw ValidationError("--jobs takes a number from 1 to 256") }
        guard (1...86_400).contains(timeout ?? 1) else { throw ValidationError("--timeout takes 1 to 86400 seconds") }
        if noBaseline, baseline != nil { throw ValidationError("--baseline and --no-baseline exclude each other") }
        if watch, format != nil || baseline != nil {
            throw ValidationError("--watch shows the table of what changed: no --format and no --baseline beside it")
        }
        try LoaderOption.validate(loaders)
    }

    /// Whether nothing on the command line leaves out a part of what is there to be run of the probes.
    ///
    /// `--probe` does not: all that there is of the probes that it leaves is still run.
    var selectsEverything: Bool { kernels.isEmpty && variants.isEmpty && loaders.isEmpty && shard == nil }

    package func run() async throws {
        let workspace = try Workspace.ofThisProcess()
        if watch { return try await RunWatch(options: self, workspace: workspace).run() }
        let session = try await RunSession(options: self, workspace: workspace)
        let outcome = try await Interruption.cancelling { try await session.measure() }
        let document = try session.store.document(run: outcome.run)
        let gate = session.gate(of: document)
        // Shown before it is written to a file: a disk that is full must not cost the answer.
        let text = try (format ?? .table).render(
            document, comparison: gate.comparison, from: session.store, in: .ofThisProcess(), forTerminal: true)
        print(format == nil ? text + "\n" : text)
        show(gate)
        let report = try ReportFile.writePage(of: document, comparison: gate.comparison, in: session.store)
        if format == nil { print("report: \(report)") }
        if outcome.interrupted {
            throw CommandFailure(
                .interrupted,
                "interrupted: \(document.cells.count) of \(session.plan.count) cells are kept in run \(outcome.run)")
        }
        guard let status = gate.status(allowMissing: allowMissing) else { return }
        throw status.code
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

    /// Where the user's own loaders are, by name.
    func ownLoaders() throws -> [String: FilePath] {
        var own: [String: FilePath] = [:]
        for case .own(let name, let path) in loaders { own[name] = try Workspace.absolute(path) }
        return own
    }

    /// The same, with what `project` says wherever the command line says nothing.
    func filled(from project: ProjectManifest?) throws -> RunCommand {
        guard let project else { return self }
        var options = self
        if kernels.isEmpty { options.kernels = project.kernels.map(\.value) }
        if loaders.isEmpty { options.loaders = try project.loaderOptions() }
        options.jobs = jobs ?? project.jobs
        options.timeout = timeout ?? project.timeout
        options.results = results ?? project.results?.string
        options.baseline = noBaseline ? nil : baseline ?? project.baseline?.value
        return options
    }
}

package enum AcceleratorOption: String, ExpressibleByArgument, CaseIterable, Sendable { case auto, kvm, tcg }

package enum StartOption: String, ExpressibleByArgument, CaseIterable, Sendable {
    case auto, warm, cold

    var policy: StartPolicy {
        switch self {
        case .auto: .auto
        case .warm: .warm
        case .cold: .cold
        }
    }
}

/// `I/N`, counted from 1.
package struct Shard: ExpressibleByArgument, Sendable, Equatable {
    let index: Int
    let count: Int

    package init?(argument: String) {
        let parts = argument.split(separator: "/", omittingEmptySubsequences: false).map { Int($0) }
        guard parts.count == 2, let index = parts[0], let count = parts[1], count >= 1, (1...count).contains(index)
        else { return nil }
        self.index = index
        self.count = count
    }

    func holds(_ position: Int) -> Bool { position % count == index - 1 }
}
