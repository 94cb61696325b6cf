package import ArgumentParser
import MatrixAnalysis
import MatrixModel
import Reports
import ResultStore

package struct History: AsyncParsableCommand {
    package static let configuration = CommandConfiguration(
        commandName: "history",
        abstract: "Shows what became of a probe over the stored runs, and where it changed.")

    @Argument(help: "The probe.") var probe: String
    @Option(name: .customLong("kernel"), help: "Only kernels whose id matches this pattern; repeatable.")
    var kernels: [String] = []
    @Option(name: .customLong("variant"), help: "Only variants whose name matches this pattern; repeatable.")
    var variants: [String] = []
    @Option(name: .customLong("loader"), help: "Only loaders whose name matches this pattern; repeatable.")
    var loaders: [String] = []
    @Option(help: "The newest so many runs that have the probe.") var limit = 20
    @Option(help: "text or json.") var format: HistoryFormat = .text
    @OptionGroup var stored: StoredRuns

    package init() {}

    package func validate() throws {
        guard limit >= 1 else { throw ValidationError("--limit takes a number from 1 on") }
    }

    package func run() async throws {
        let store = try stored.open()
        let documents = try store.documents(of: probe, newest: limit)
        guard !documents.isEmpty else {
            let known = try store.probes()
            guard !known.isEmpty else { throw ResultStoreError.noRuns(store.folder) }
            throw CommandFailure(
                .usage, "no stored run has the probe '\(probe)'; there are \(known.joined(separator: ", "))")
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

/// Patterns of one option, of which none means all.
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
            .usage, "\(name) '\(lost)' matches nothing; there are: \(known.sorted().joined(separator: ", "))")
    }
}
