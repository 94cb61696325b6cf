package import ArgumentParser
import ResultStore

package struct Runs: AsyncParsableCommand {
    package static let configuration = CommandConfiguration(
        commandName: "runs", abstract: "Lists the stored runs, newest first.")

    @Flag(help: "Prints JSON.") var json = false
    @OptionGroup var stored: StoredRuns

    package init() {}

    package func run() async throws {
        let store = try stored.open()
        let runs = try store.runs()
        guard !json else { return print(try Output.json(runs.map(RunListing.init))) }
        guard !runs.isEmpty else { throw ResultStoreError.noRuns(store.folder) }
        print(RunListing.table(runs))
    }
}
