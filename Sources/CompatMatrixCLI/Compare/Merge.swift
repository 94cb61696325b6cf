package import ArgumentParser
import MatrixAnalysis
import MatrixModel
import MatrixSession
import Reports
import ResultStore
import SystemPackage

package struct Merge: AsyncParsableCommand {
    package static let configuration = CommandConfiguration(
        commandName: "merge",
        abstract: "Join the JSON of shards (`run --shard I/N --format json`) into one run.",
        discussion: """
            Prints the JSON of the merged run, or stores the run for `report`, `diff` and other commands. The JSON \
            does not contain the logs. If reports should show them, copy the shards' results/logs/ into yours.
            """)

    @Argument(help: "JSON files to join.", completion: .file()) var files: [String]
    @Option(name: .shortAndLong, help: "Write to this file instead of stdout.", completion: .file()) var output: String?
    @Flag(help: "Store the run and print its id.") var store = false
    @OptionGroup var stored: StoredRuns

    package init() {}

    package func validate() throws {
        guard !files.isEmpty else { throw ValidationError("no files to merge: pass at least one") }
        guard output == nil || !store else { throw ValidationError("--output and --store cannot be combined") }
    }

    package func run() async throws {
        let parts = try files.map { RunMerge.Part(name: $0, document: try RunReference.document(inFile: $0)) }
        let document = try RunMerge.join(parts)
        guard !store else { return try await keep(document) }
        let text = try JSONReport.render(document)
        guard let output else { return print(text) }
        try ReportFile.write(text + "\n", to: try Workspace.absolute(output))
    }

    private func keep(_ document: MatrixDocument) async throws {
        let store = try await stored.create()
        try store.add(document)
        print(document.run.id)
        let logs = Set(document.cells.flatMap { [$0.console] + $0.programs.map(\.log) }.compactMap(\.self))
        let missing = try logs.count { try !store.hasLog($0) }
        guard missing > 0 else { return }
        Output.toStderr(
            "\(missing) of \(logs.count) logs are not in \(store.folder)/logs: copy the shards' results/logs/ there"
        )
    }
}

extension RunMergeError: HasExitStatus {
    package var exitStatus: ExitStatus { .invalidInput }
}
