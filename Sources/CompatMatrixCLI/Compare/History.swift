package import ArgumentParser
import MatrixAnalysis
import MatrixModel
import Reports
import ResultStore

package struct History: AsyncParsableCommand {
    package static let configuration = CommandConfiguration(
        commandName: "history",
        abstract: "Show the results of a probe in the stored runs, and mark where they changed.")

    @Argument(help: "The name of the probe.") var probe: String
    @Option(name: .customLong("kernel"), help: "Select kernels whose id matches this glob; repeatable.")
    var kernels: [String] = []
    @Option(name: .customLong("variant"), help: "Select variants whose name matches this glob; repeatable.")
    var variants: [String] = []
    @Option(name: .customLong("loader"), help: "Select loaders whose name matches this glob; repeatable.")
    var loaders: [String] = []
    @Option(help: "Show at most this many of the latest runs that contain the probe.") var limit = 20
    @Option(help: "Output format.") var format: HistoryFormat = .text
    @OptionGroup var stored: StoredRuns

    package init() {}

    package func validate() throws {
        guard limit >= 1 else { throw ValidationError("--limit must be at least 1") }
    }

    package func run() async throws {
        let store = try stored.open()
        let documents = try store.documents(of: probe, newest: limit)
        guard !documents.isEmpty else {
            let known = try store.probes()
            guard !known.isEmpty else { throw ResultStoreError.noRuns(store.folder) }
            throw CommandFailure(
                .usage, "no stored run contains the probe '\(probe)'; stored probes: \(known.joined(separator: ", "))")
        }
        let cells = documents.flatMap(\.cells)
        try GlobOption("--kernel", kernels).check(cells.map(\.kernel))
        try GlobOption("--variant", variants).check(cells.map(\.variant))
        try GlobOption("--loader", loaders).check(cells.map(\.loader))
        let history = ProbeHistory(of: probe, in: documents) { key in
            GlobOption("--kernel", kernels).matches(key.kernel)
                && GlobOption("--variant", variants).matches(key.variant)
                && GlobOption("--loader", loaders).matches(key.loader)
        }
        switch format {
        case .json: print(try Output.json(history))
        case .text:
            print(HistoryText.render(history, style: Terminal.style, width: Terminal.width), terminator: "")
        }
    }
}

package enum HistoryFormat: String, ExpressibleByArgument, CaseIterable, Sendable { case text, json }

/// The patterns of one option; none means all.
struct GlobOption {
    private let name: String
    private let globs: [Glob]

    init(_ name: String, _ patterns: [String]) {
        self.name = name
        globs = patterns.map(Glob.init)
    }

    func matches(_ text: String) -> Bool { globs.isEmpty || globs.contains { $0.matches(text) } }

    /// - Throws: `CommandFailure` with `.usage` for a pattern that matches none of `known`.
    func check(_ known: [String]) throws(CommandFailure) {
        let known = Set(known)
        guard let lost = globs.first(where: { !known.contains(where: $0.matches) }) else { return }
        throw CommandFailure(
            .usage, "\(name) '\(lost)' matches nothing; available: \(known.sorted().joined(separator: ", "))")
    }
}
