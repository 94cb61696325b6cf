package import ArgumentParser
import Foundation
import Machine
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
    @Option(
        name: .customLong("loader"),
        help: "Only loaders whose name matches this pattern; repeatable. There are: libbpf, tracefs.")
    var loaders: [String] = []
    @Option(help: "Guests at once; as many as there are processors without it.") var jobs: Int?
    @Option(help: "auto, kvm or tcg.") var accel: AcceleratorOption = .auto
    @Option(help: "auto, warm or cold.") var start: StartOption = .auto
    @Option(help: "Seconds that one cell may take.") var timeout: Int = 120
    @Option(help: "The folder of stored runs.") var results: String?
    @Option(help: "Prints \(ReportFormat.list) to stdout instead of the table and the path of the page.")
    var format: ReportFormat?
    @Flag(help: "Exits with 0 or 1 even when some cell could not be measured.") var allowMissing = false
    @Flag(help: "Measures everything anew.") var noCache = false
    @Option(help: "I/N: only the I-th of N parts of the cells.") var shard: Shard?

    package init() {}

    package func validate() throws {
        guard (1...256).contains(jobs ?? 1) else { throw ValidationError("--jobs takes a number from 1 to 256") }
        guard (1...86_400).contains(timeout) else { throw ValidationError("--timeout takes 1 to 86400 seconds") }
        for loader in loaders where !Loader.all.contains(where: Glob(loader).matches) {
            throw ValidationError("there is no loader '\(loader)'; there are: \(Loader.all.joined(separator: ", "))")
        }
    }

    /// Whether nothing on the command line leaves out a part of what is there to be run of the probes.
    ///
    /// `--probe` does not: all that there is of the probes that it leaves is still run.
    var selectsEverything: Bool { kernels.isEmpty && variants.isEmpty && loaders.isEmpty && shard == nil }

    package func run() async throws {
        let session = try await RunSession(options: self, workspace: .ofThisProcess())
        let outcome = try await Interruption.cancelling { try await session.measure() }
        let document = try session.store.document(run: outcome.run)
        // Shown before it is written to a file: a disk that is full must not cost the answer.
        let text = try (format ?? .table).render(
            document, from: session.store, in: .ofThisProcess(), forTerminal: true)
        print(format == nil ? text + "\n" : text)
        let report = try ReportFile.writePage(of: document, in: session.store)
        if format == nil { print("report: \(report)") }
        if outcome.interrupted {
            throw CommandFailure(
                .interrupted,
                "interrupted: \(document.cells.count) of \(session.plan.count) cells are kept in run \(outcome.run)")
        }
        guard let status = RunVerdict.status(of: document, allowMissing: allowMissing) else { return }
        throw status.code
    }
}

/// What the cells of a run mean for the exit status.
enum RunVerdict {
    /// `nil` when every cell is as expected.
    ///
    /// A verdict that is wrong outweighs one that is missing.
    static func status(of document: MatrixDocument, allowMissing: Bool) -> ExitStatus? {
        let measured = document.cells.filter { $0.verdict != .notMeasured }
        if measured.contains(where: { !$0.asExpected }) { return .unexpectedVerdicts }
        return measured.count < document.cells.count && !allowMissing ? .notMeasured : nil
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

/// The loaders that a guest has.
enum Loader {
    static let all = ["libbpf", "tracefs"]

    /// Those of `variants` whose loader is wanted by one of `globs`, of which there may be none.
    static func choose(_ globs: [String], from variants: [BuiltVariant]) throws(CommandFailure) -> [BuiltVariant] {
        let globs = globs.map(Glob.init)
        let known = Set(variants.map(\.loader)).sorted()
        if let lost = globs.first(where: { glob in !known.contains(where: glob.matches) }) {
            throw CommandFailure(
                .usage, "--loader '\(lost)' matches nothing; what is selected has: \(known.joined(separator: ", "))")
        }
        return variants.filter { variant in globs.isEmpty || globs.contains { $0.matches(variant.loader) } }
    }
}
