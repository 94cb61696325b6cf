import Foundation
import GuestImage
import KernelStore
import Machine
import MatrixModel
import MatrixRunner
import ProbeObject
import QEMUBackend
import ResultStore
import SystemPackage

/// One run, from what was asked for to what is stored.
struct RunSession: Sendable {
    struct Outcome: Sendable {
        var run: String
        var interrupted: Bool
    }

    let store: ResultStore
    let plan: RunPlan
    /// Those that cells name, by name.
    private let loaders: [Loader]
    private let options: RunCommand
    private let workspace: Workspace
    private let startedAt = Date()

    /// Checks all input: nothing boots before everything that was asked for is there and valid.
    init(options: RunCommand, workspace: Workspace) async throws {
        self.options = options
        self.workspace = workspace
        let variants = try await Self.variants(options, workspace)
        let chosen = try LoaderChoice(options.loaders).loaders(of: variants)
        let kernelStore = KernelStore(workspace)
        let manifests = try kernelStore.kernels(matching: options.kernels)
        let guestImage = try await GuestImage.forGuests(of: workspace)
        let found = try await LoaderSearch(options.loaders, workspace).find(Set(chosen.map(\.loader)))
        self.loaders = found.values.sorted { $0.name < $1.name }
        var loaded: [LoadedVariant] = []
        for (variant, name) in chosen {
            guard let loader = found[name] else { continue }
            let executable: GuestExecutable? =
                if let own = variant.executable { try await GuestExecutable(own, of: variant) } else { nil }
            loaded.append(LoadedVariant(variant: variant, loader: loader, executable: executable))
        }
        store = try ResultStore(folder: try options.results.map(Workspace.absolute) ?? workspace.results)
        let outcomes = await FetchDisplay.showing { display in
            await kernelStore.fetch(manifests, patience: .seconds(600)) { id, step in
                if step != .alreadyHere { display.show(id, step) }
            }
        }
        plan = RunPlan(
            kernels: await RunKernel.all(outcomes, variants: chosen.map(\.variant), find: kernelStore.guestModules),
            variants: loaded, guestImage: guestImage, tool: try Tool.build(), shard: options.shard)
    }

    private static func variants(_ options: RunCommand, _ workspace: Workspace) async throws -> [BuiltVariant] {
        let selection = ProbeSelection(
            probes: options.probes.map(Glob.init), variants: options.variants.map(Glob.init),
            objects: try options.objects.map(Workspace.absolute))
        guard let probes = workspace.probes ?? (options.objects.isEmpty ? nil : FilePath("probes")) else {
            throw CommandFailure(
                .usage, "there is no folder 'probes' here; name an object with --object, or start where the probes are")
        }
        let variants = try await selection.build(folder: probes, cache: workspace.cache)
        guard !variants.isEmpty else {
            throw CommandFailure(
                .invalidInput, "\(probes) holds no probe: a probe is a folder in it with a 'probe.yaml'")
        }
        return variants
    }

    /// Measures what the store cannot answer.
    ///
    /// What was found before an interruption is stored like everything else.
    func measure() async throws -> Outcome {
        let clock = ContinuousClock.now
        let machine = try await HostMachine(
            accelerator: options.accel, cache: workspace.cache,
            searchPath: ProcessInfo.processInfo.environment["PATH"] ?? "")
        let run = RunInfo(
            id: Self.newID(at: startedAt), startedAt: startedAt.formatted(.iso8601), durationSeconds: 0,
            tool: Tool.version,
            host: HostInfo(
                qemu: machine.qemu?.version, accelerator: machine.accelerator?.rawValue,
                cpus: ProcessInfo.processInfo.activeProcessorCount))
        try store.begin(run: run)
        for loader in loaders { try store.record(loader: loader.row, in: run.id) }
        let hits = options.noCache ? [:] : try store.cached(inputs: plan.cells.compactMap(\.inputs))
        let open = plan.cells.filter { cell in cell.inputs.map { hits[$0] == nil } ?? false }
        let recorder = RunRecorder(store: store, run: run.id, plan: plan, open: open.count)
        try await recorder.cached(
            plan.cells.compactMap { cell in cell.inputs.flatMap { hits[$0] }.map { (cell, $0) } })
        try await recorder.missing(
            plan.cells.compactMap { cell in cell.obstacle.map { (cell, $0) } })
        let runner = MatrixRunner(
            backend: machine.backend, start: options.start.policy,
            jobs: options.jobs ?? ProcessInfo.processInfo.activeProcessorCount, cellLimit: .seconds(options.timeout),
            longLogs: store.logWriter)
        var interrupted = false
        do {
            try await runner.run(plan.batches(of: open), observer: recorder)
        } catch is CancellationError {
            interrupted = true
        }
        try await recorder.finish()
        let seconds = (ContinuousClock.now - clock) / .seconds(1)
        if !interrupted { try store.finish(run: run.id, durationSeconds: seconds.roundedToMilliseconds) }
        return Outcome(run: run.id, interrupted: interrupted)
    }

    /// Sorts by time; the tail keeps two runs of one second apart.
    private static func newID(at date: Date) -> String {
        let stamp = date.formatted(.iso8601.dateSeparator(.omitted).timeSeparator(.omitted))
        return "\(stamp)-\(String(UInt16.random(in: .min ... .max) | 0x1000, radix: 16))"
    }
}

extension Double {
    /// Seconds as people and JSON get them; a clock's nanoseconds are noise.
    var roundedToMilliseconds: Double { (self * 1000).rounded() / 1000 }
}
