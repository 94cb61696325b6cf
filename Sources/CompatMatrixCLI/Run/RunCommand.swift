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
    @Option(name: .customLong("loader"), help: LoaderOption.help) var loaders: [LoaderOption] = []
    @Option(help: "Guests at once; as many as there are processors without it.") var jobs: Int?
    @Option(help: "auto, kvm or tcg.") var accel: AcceleratorOption = .auto
    @Option(help: "auto, warm or cold.") var start: StartOption = .auto
    @Option(help: "Seconds that one cell may take.") var timeout: Int = 120
    @Option(help: "The folder of stored runs.") var results: String?
    @Option(help: "Prints json or html to stdout instead of the table.") var format: RunFormat?
    @Flag(help: "Exits with 0 or 1 even when some cell could not be measured.") var allowMissing = false
    @Flag(help: "Measures everything anew.") var noCache = false
    @Option(help: "I/N: only the I-th of N parts of the cells.") var shard: Shard?

    package init() {}

    package func validate() throws {
        guard (1...256).contains(jobs ?? 1) else { throw ValidationError("--jobs takes a number from 1 to 256") }
        guard (1...86_400).contains(timeout) else { throw ValidationError("--timeout takes 1 to 86400 seconds") }
        try LoaderOption.validate(loaders)
    }

    package func run() async throws {
        let session = try await RunSession(options: self, workspace: .ofThisProcess())
        let outcome = try await Interruption.cancelling { try await session.measure() }
        let document = try session.store.document(run: outcome.run)
        // Shown before it is written to a file: a disk that is full must not cost the answer.
        switch format {
        case .json: print(try JSONReport.render(document))
        case .html: print(try HTMLReport.render(document, log: { try session.store.logEnds($0) }))
        case nil:
            print(TerminalTable.render(document, style: Terminal.style, width: Terminal.width))
        }
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

package enum RunFormat: String, ExpressibleByArgument, CaseIterable, Sendable { case json, html }

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
