import Foundation
import GuestImage
import KernelStore
import Loaders
import Machine
import Manifests
import MatrixAnalysis
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
    /// What was selected, with what it is made from.
    let variants: [BuiltVariant]
    /// Those that cells name, by name.
    private let loaders: [Loader]
    private let options: RunCommand
    private let setting: RunSetting
    /// Whether the run leaves out nothing of the probes that it is about, and nothing at all.
    private let isWhole: (ofProbes: Bool, ofAll: Bool)
    private let baseline: MatrixDocument?
    private let rules: GateRules
    private let startedAt = Date()

    /// Checks all input: nothing boots before everything that was asked for is there and valid.
    init(options: RunCommand, workspace: Workspace) async throws {
        let project = try workspace.projectManifest(at: options.config)
        let filled = try options.filled(from: project)
        let variants = try await Self.variants(filled, workspace, project)
        let chosen = try LoaderChoice(filled.loaders).loaders(of: variants)
        let kernelStore = KernelStore(workspace)
        try project?.check(kernels: kernelStore.catalogue())
        let manifests = try kernelStore.kernels(matching: filled.kernels)
        let results = try filled.results.map(Workspace.absolute) ?? workspace.results
        let baseline = try filled.baseline.map { try RunReference.document($0, in: { try StoredRuns.open(results) }) }
        let loaders = LoaderSearch(own: try filled.ownLoaders(), tools: workspace.guestTools)
        let found = try await loaders.find(Set(chosen.map(\.loader)))
        let guestImage = try await GuestImage.forGuests(
            tools: workspace.guestTools, loaders: found.values.namesInGuestImage)
        let store = try ResultStore(folder: results)
        let outcomes = await FetchDisplay.showing { display in
            await kernelStore.fetch(manifests, patience: .seconds(600)) { id, step in
                if step != .alreadyHere { display.show(id, step) }
            }
        }
        let setting = RunSetting(
            workspace: workspace, kernelStore: kernelStore, kernels: outcomes, guestImage: guestImage, store: store,
            search: loaders, loaders: found)
        try await self.init(
            filled, setting, variants: variants, baseline: baseline, rules: project?.gate ?? GateRules(),
            isWhole: (
                ofProbes: options.selectsEverything,
                ofAll: options.selectsEverything && options.probes.isEmpty && options.objects.isEmpty
            ))
    }

    private init(
        _ options: RunCommand, _ setting: RunSetting, variants: [BuiltVariant], baseline: MatrixDocument?,
        rules: GateRules, isWhole: (ofProbes: Bool, ofAll: Bool)
    ) async throws {
        self.options = options
        self.setting = setting
        self.variants = variants
        self.baseline = baseline
        self.rules = rules
        self.isWhole = isWhole
        store = setting.store
        let chosen = try LoaderChoice(options.loaders).loaders(of: variants)
        let found = try await setting.loaders(Set(chosen.map(\.loader)))
        loaders = found.values.sorted { $0.name < $1.name }
        plan = RunPlan(
            kernels: await RunKernel.all(
                setting.kernels, variants: chosen.map(\.variant), find: setting.kernelStore.guestModules),
            variants: try await Self.loaded(chosen, by: found),
            guestImage: try await setting.guestImage(), tool: try Tool.build(), shard: options.shard,
            fullLogs: options.fullLogs, day: try Self.day(of: startedAt))
    }

    /// Each variant with its loader, and with what a program of the user's needs in a guest.
    private static func loaded(
        _ chosen: [(variant: BuiltVariant, loader: String)], by loaders: [String: Loader]
    ) async throws -> [LoadedVariant] {
        var loaded: [LoadedVariant] = []
        for (variant, name) in chosen {
            guard let loader = loaders[name] else { continue }
            let executable: GuestExecutable? =
                if let own = variant.executable { try await GuestExecutable(own, of: variant) } else { nil }
            loaded.append(LoadedVariant(variant: variant, loader: loader, executable: executable))
        }
        return loaded
    }

    /// A run of some variants on the kernels of this one, which are not looked at again.
    func again(_ choose: (BuiltVariant) -> Bool) async throws -> RunSession? {
        let project = try setting.workspace.projectManifest(at: options.config)
        let variants = try await Self.variants(options, setting.workspace, project).filter(choose)
        guard !variants.isEmpty else { return nil }
        return try await RunSession(
            options, setting, variants: variants, baseline: nil, rules: rules, isWhole: (false, false))
    }

    /// What the gate makes of the run that is stored in `document`.
    func gate(of document: MatrixDocument) -> Gate {
        let compared = isWhole.ofAll ? baseline : baseline?.restricted(toCellsOf: document)
        return Gate(document, baseline: compared, rules: rules)
    }

    private static func variants(
        _ options: RunCommand, _ workspace: Workspace, _ project: ProjectManifest?
    ) async throws -> [BuiltVariant] {
        let selection = ProbeSelection(
            probes: options.probes.map(Glob.init), variants: options.variants.map(Glob.init),
            objects: try options.objects.map(Workspace.absolute))
        guard project != nil || workspace.probes != nil || !options.objects.isEmpty else {
            throw CommandFailure(
                .usage,
                "there is neither a compat-matrix.yaml nor a folder 'probes' here; 'compat-matrix init' writes one for the "
                    + "objects that it finds, and --object names one")
        }
        let variants = try await selection.build(cache: workspace.cache) { try workspace.catalogue(project) }
        guard !variants.isEmpty else {
            let place = project?.file ?? workspace.probes ?? FilePath("probes")
            throw CommandFailure(
                .invalidInput, "\(place) holds no probe: a probe is a folder in it with a 'probe.yaml'")
        }
        return variants.map { $0.namingFiles(from: workspace.sources) }
    }

    /// Measures what the store cannot answer.
    ///
    /// What was found before an interruption is stored like everything else.
    func measure() async throws -> Outcome {
        let clock = ContinuousClock.now
        let machine = try await setting.machine(options.accel)
        let run = RunInfo(
            id: Self.newID(at: startedAt), startedAt: startedAt.formatted(.iso8601), durationSeconds: 0,
            tool: Tool.version,
            host: HostInfo(
                qemu: machine.qemu?.version, accelerator: machine.accelerator?.rawValue,
                cpus: ProcessInfo.processInfo.activeProcessorCount))
        let hits = options.noCache ? [:] : try store.cached(inputs: plan.cells.compactMap(\.inputs))
        let open = plan.cells.filter { $0.inputs != nil && $0.answer(in: hits) == nil }
        let batches = open.isEmpty ? [] : plan.batches(of: open, initramfs: try await setting.initramfs())
        try store.begin(run: run)
        for loader in loaders { try store.record(loader: loader.row, in: run.id) }
        let limits =
            options.jobs.map { GuestLimits(working: $0, up: $0) } ?? GuestCount.standard(for: open.map(\.cell))
        let keys = open.map(\.cell.key)
        let expected = try store.expectedSeconds(of: keys)
        let recorder = RunRecorder(
            store: store, run: run.id, plan: plan,
            progress: RunProgress(cells: keys, expected: expected, guests: limits.working))
        try await recorder.cached(
            plan.cells.compactMap { cell in cell.answer(in: hits).map { (cell, $0) } })
        try await recorder.missing(
            plan.cells.compactMap { cell in cell.obstacle.map { (cell, $0) } })
        let runner = MatrixRunner(
            backend: machine.backend, start: options.start.policy,
            limits: limits, cellLimit: .seconds(options.timeout ?? Self.cellSeconds), longLogs: store.logWriter)
        let ticks = Task {
            while true {
                try await Task.sleep(for: .seconds(1))
                await recorder.showTime()
            }
        }
        defer { ticks.cancel() }
        var interrupted = false
        do {
            try await runner.run(batches, expectedSeconds: expected, observer: recorder)
        } catch is CancellationError {
            interrupted = true
        }
        try await recorder.finish()
        try store.record(
            exceptions: plan.exceptions(
                in: try store.document(run: run.id), isWhole: isWhole.ofProbes && !interrupted),
            in: run.id)
        let seconds = (ContinuousClock.now - clock) / .seconds(1)
        if !interrupted { try store.finish(run: run.id, durationSeconds: seconds.roundedToMilliseconds) }
        return Outcome(run: run.id, interrupted: interrupted)
    }

    /// What a cell may take when nobody says otherwise.
    private static let cellSeconds = 120

    private static func day(of date: Date) throws(CommandFailure) -> Day {
        let text = date.formatted(.iso8601.year().month().day())
        guard let day = Day(text) else { throw CommandFailure(.internalError, "'\(text)' is no day") }
        return day
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
