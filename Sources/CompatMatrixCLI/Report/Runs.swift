package import ArgumentParser
import Foundation
import MatrixModel
import ResultStore

package struct Runs: AsyncParsableCommand {
    package static let configuration = CommandConfiguration(
        commandName: "runs", abstract: "List or remove stored runs.",
        subcommands: [RunsList.self, RunsPrune.self], defaultSubcommand: RunsList.self)

    package init() {}
}

package struct RunsPrune: AsyncParsableCommand {
    package static let configuration = CommandConfiguration(
        commandName: "prune", abstract: "Remove the oldest runs, with their reports and logs.")

    @Option(help: "Keep this many of the newest runs.") var keep: Int
    @OptionGroup var stored: StoredRuns

    package init() {}

    package func validate() throws {
        guard keep >= 0 else { throw ValidationError("--keep must be at least 0") }
    }

    package func run() async throws {
        let store = try stored.open()
        guard let pruned = try store.prune(keeping: keep) else {
            throw CommandFailure(
                .notMeasured, "a run is being stored in \(store.folder); prune when it is done")
        }
        for id in pruned.runs { print("removed \(id)") }
        print("removed \(pruned.runs.count) runs; freed \(ByteSize(bytes: pruned.bytes)) of logs and reports")
    }
}

package struct RunsList: AsyncParsableCommand {
    package static let configuration = CommandConfiguration(
        commandName: "list", abstract: "List the stored runs, newest first.")

    @Flag(help: "Print JSON.") var json = false
    @Option(help: "Output format.") var format: ListFormat = .table
    @Option(help: "List at most this many runs.") var limit: Int?
    @OptionGroup var stored: StoredRuns

    package init() {}

    package func validate() throws {
        guard limit ?? 1 >= 1 else { throw ValidationError("--limit must be at least 1") }
    }

    package func run() async throws {
        let store = try stored.open()
        let all = try store.runs()
        let worse = try store.worsened()
        let runs = all.prefix(limit ?? all.count).map { RunListing($0, worse: worse[$0.run.id] ?? 0) }
        guard !json, format == .table else { return print(try Output.json(runs)) }
        guard !runs.isEmpty else { throw ResultStoreError.noRuns(store.folder) }
        print(RunListing.table(runs))
    }
}

/// The output formats of commands that list something.
package enum ListFormat: String, ExpressibleByArgument, CaseIterable, Sendable { case table, json }

/// A run in the output of `runs`.
struct RunListing: Encodable {
    let id: String
    let startedAt: String
    /// `null` for a run that was interrupted or is still in progress.
    @Nullable var durationSeconds: Double?
    let finished: Bool
    let tool: String
    /// Cells by verdict, including verdicts without cells.
    let cells: [String: Int]
    let unexpected: Int
    /// The number of cells whose verdict is worse than in the previous run.
    let worse: Int

    init(_ summary: RunSummary, worse: Int) {
        self.worse = worse
        id = summary.run.id
        startedAt = summary.run.startedAt
        _durationSeconds = Nullable(wrappedValue: summary.isFinished ? summary.run.durationSeconds : nil)
        finished = summary.isFinished
        tool = summary.run.tool
        cells = Dictionary(
            uniqueKeysWithValues: Verdict.allCases.map { ($0.rawValue, summary.counts[$0] ?? 0) })
        unexpected = summary.unexpected
    }

    /// For people; a verdict without cells gets no column.
    static func table(_ runs: [RunListing]) -> String {
        let verdicts = Verdict.allCases.map(\.rawValue).filter { verdict in runs.contains { $0.cells[verdict] != 0 } }
        return Output.table(
            header: ["RUN", "STARTED", "DURATION"] + verdicts.map { $0.uppercased() } + [
                "UNEXPECTED", "WORSE", "STATE",
            ],
            rows: runs.map { run in
                [run.id, run.startedAt, run.durationSeconds.map(seconds) ?? "-"]
                    + verdicts.map { "\(run.cells[$0] ?? 0)" }
                    + ["\(run.unexpected)", "\(run.worse)", run.finished ? "finished" : "unfinished"]
            })
    }

    private static func seconds(_ seconds: Double) -> String { String(format: "%.1f s", seconds) }
}
