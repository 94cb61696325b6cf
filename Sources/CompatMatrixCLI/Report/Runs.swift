package import ArgumentParser
import MatrixModel
import ResultStore

package struct Runs: AsyncParsableCommand {
    package static let configuration = CommandConfiguration(
        commandName: "runs", abstract: "Lists the stored runs, newest first.")

    @Flag(help: "Prints JSON.") var json = false
    @Option(help: "table or json.") var format: RunsFormat = .table
    @Option(help: "Only the newest so many.") var limit: Int?
    @OptionGroup var stored: StoredRuns

    package init() {}

    package func validate() throws {
        guard limit ?? 1 >= 1 else { throw ValidationError("--limit takes a number from 1 on") }
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

package enum RunsFormat: String, ExpressibleByArgument, CaseIterable, Sendable { case table, json }
