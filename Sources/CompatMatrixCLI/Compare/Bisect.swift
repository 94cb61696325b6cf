package import ArgumentParser
import MatrixAnalysis
import Reports

package struct Bisect: AsyncParsableCommand {
    package static let configuration = CommandConfiguration(
        commandName: "bisect",
        abstract: "Finds the kernels between which a probe's verdict turns, and boots as few as possible for it.",
        discussion: """
            Looks at the ends of the row of kernels, then at the middle between two neighbours that differ. What the store knows \
            of the same inputs is not measured again. What is measured is stored as runs, one a step.
            """)

    @Argument(help: "The probe.") var probe: String
    @Option(name: .customLong("kernel"), help: "Only kernels whose id matches this pattern; repeatable.")
    var kernels: [String] = []
    @Option(name: .customLong("variant"), help: "Only variants whose name matches this pattern; repeatable.")
    var variants: [String] = []
    @Option(name: .customLong("loader"), help: "Only loaders whose name matches this pattern; repeatable.")
    var loaders: [String] = []
    @Flag(help: "Over all kernels that the archive of the one --kernel offers, each fetched when it is tested.")
    var archive = false
    @Option(help: "text or json.") var format: HistoryFormat = .text
    @Option(help: "Guests at once; as many as there are processors without it.") var jobs: Int?
    @Option(help: "auto, kvm or tcg.") var accel: AcceleratorOption = .auto
    @Option(help: "Seconds that one cell may take; 120 without it.") var timeout: Int?
    @Option(help: "The folder of stored runs.") var results: String?
    @Flag(help: "Measures everything anew.") var noCache = false
    @Flag(help: "Keep all of every log; of a very long one only the first MiB and the last lines are kept otherwise.")
    var fullLogs = false

    package init() {}

    package func validate() throws {
        guard !archive || kernels.count == 1 else {
            throw ValidationError("--archive takes one --kernel, whose archive and pattern are looked through")
        }
        guard (1...256).contains(jobs ?? 1) else { throw ValidationError("--jobs takes a number from 1 to 256") }
        guard (1...86_400).contains(timeout ?? 1) else { throw ValidationError("--timeout takes 1 to 86400 seconds") }
        try LoaderOption.validate(loaders.map(LoaderOption.init(argument:)))
    }

    package func run() async throws {
        let bisections = try await BisectSession(self, workspace: .ofThisProcess()).run()
        switch format {
        case .json: print(try Output.json(bisections))
        case .text: print(BisectionText.render(bisections, style: Terminal.style), terminator: "")
        }
        guard bisections.allSatisfy({ !$0.tested.isEmpty || !$0.stored.isEmpty }) else {
            throw ExitStatus.notMeasured.code
        }
    }

    /// The `run` that measures `kernels`.
    func runCommand(kernels: [String]) throws -> RunCommand {
        var arguments = ["--probe", probe, "--accel", accel.rawValue, "--no-baseline"]
        arguments += kernels.flatMap { ["--kernel", $0] } + variants.flatMap { ["--variant", $0] }
        arguments += loaders.flatMap { ["--loader", $0] } + (jobs.map { ["--jobs", "\($0)"] } ?? [])
        arguments += timeout.map { ["--timeout", "\($0)"] } ?? []
        arguments += (results.map { ["--results", $0] } ?? []) + (noCache ? ["--no-cache"] : [])
        arguments += fullLogs ? ["--full-logs"] : []
        // A kernel of an archive is booted this once: its snapshot would only take room.
        arguments += archive ? ["--start", "cold"] : []
        return try RunCommand.parse(arguments)
    }
}
