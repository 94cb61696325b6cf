internal import Foundation
internal import GuestImage
internal import KernelStore
internal import Loaders
internal import Machine
internal import Manifests
package import MatrixAnalysis
package import MatrixModel
internal import MatrixRunner
package import ProbeObject
internal import QEMUBackend
package import ResultStore
package import RunPlanning
internal import SystemPackage

/// One run, from the options to the stored results.
package struct RunSession: Sendable {
    package struct Outcome: Sendable {
        /// The stored run.
        package var document: MatrixDocument
        package var interrupted: Bool
    }

    /// Enough for snapshots of a hundred kernels.
    package static let cacheLimit = ByteSize.gibibytes(10)

    package let store: ResultStore
    package let plan: RunPlan
    /// The selected variants, with their source files.
    package let variants: [BuiltVariant]
    /// The loaders that cells name, by name.
    private let loaders: [Loader]
    private let request: RunRequest
    private let environment: RunEnvironment
    private let baseline: MatrixDocument?
    private let rules: GateRules
    private let startedAt: Date

    /// Validates all input before anything boots.
    ///
    /// The session contains those selected variants for which `isWanted` returns true, which may be none.
    package init(
        _ request: RunRequest, in environment: RunEnvironment, only isWanted: (BuiltVariant) -> Bool = { _ in true }
    ) async throws {
        startedAt = Date()
        await environment.enterCache()
        let workspace = environment.workspace
        let project = try workspace.projectManifest(at: request.manifest)
        let request = try request.filled(from: project)
        let all = try await Self.variants(request, workspace, project)
        let chosen = try LoaderChoice(request.loaders, releases: environment.loaderReleases).loaders(of: all).filter {
            isWanted($0.variant)
        }
        let manifests = try await environment.kernels(
            matching: request.kernels, check: ProjectManifest.check(of: project?.kernels ?? []))
        let results = request.results ?? workspace.results
        baseline = try request.baseline.map {
            try RunReference.document($0, in: { try ResultStore(existingIn: results) })
        }
        let found = try await environment.loaders(Set(chosen.map(\.loader)), request.loaders)
        let guestImage = try await environment.guestImage()
        store = try await environment.store(in: results)
        plan = RunPlan(
            kernels: await RunKernel.all(
                await environment.images(of: manifests), variants: chosen.map(\.variant),
                finder: environment.kernelStore),
            variants: try await Self.loaded(chosen, by: found), guestImage: guestImage,
            tool: try ToolBuild.identity(), shard: request.shard, fullLogs: request.keepsFullLogs,
            trialSizes: request.sizesMaps,
            day: try Self.day(of: startedAt))
        variants = all.filter(isWanted)
        loaders = found.values.sorted { $0.name < $1.name }
        rules = project?.gate ?? GateRules()
        self.request = request
        self.environment = environment
    }

    /// A session with some of the variants, on the kernels of this one; `nil` if there are none.
    package func again(_ isWanted: (BuiltVariant) -> Bool) async throws -> RunSession? {
        let session = try await RunSession(request.forSome(), in: environment, only: isWanted)
        return session.variants.isEmpty ? nil : session
    }

    /// Each variant with its loader, and with the files of a user's executable.
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

    /// The result of the gate for the run stored in `document`.
    package func gate(of document: MatrixDocument) -> Gate {
        let compared = request.extent == .everything ? baseline : baseline?.restricted(toCellsOf: document)
        return Gate(document, baseline: compared, rules: rules)
    }

    private static func variants(
        _ request: RunRequest, _ workspace: Workspace, _ project: ProjectManifest?
    ) async throws -> [BuiltVariant] {
        let selection = ProbeSelection(
            probes: request.probes, variants: request.variants, objects: request.objects,
            modules: request.modules.compactMap { ModuleName($0)?.text })
        guard project != nil || workspace.probes != nil || !request.objects.isEmpty else {
            throw SessionError.nothingToRun
        }
        let variants = try await selection.build(cache: workspace.cache) { try workspace.catalogue(project) }
        guard !variants.isEmpty else {
            throw SessionError.noProbe(in: project?.file ?? workspace.probes ?? FilePath("probes"))
        }
        return variants.map { $0.namingFiles(from: workspace.sources) }
    }

    /// Measures the cells that the store cannot answer.
    ///
    /// Results obtained before an interruption are stored like all others.
    package func measure() async throws -> Outcome {
        let clock = ContinuousClock.now
        let machine = try await environment.machine(request.accelerator)
        let run = RunInfo(
            id: Self.newID(at: startedAt), startedAt: startedAt.formatted(.iso8601), durationSeconds: 0,
            tool: ToolBuild.version,
            host: HostInfo(
                qemu: machine.qemu?.version, accelerator: machine.accelerator?.rawValue,
                cpus: ProcessInfo.processInfo.activeProcessorCount))
        let hits = !request.takesStoredAnswers ? [:] : try store.cached(inputs: plan.cells.compactMap(\.inputs))
        let open = plan.cells.filter { $0.inputs != nil && $0.answer(in: hits) == nil }
        let batches = open.isEmpty ? [] : plan.batches(of: open, initramfs: try await environment.initramfs())
        let limits = request.jobs.map { GuestLimits($0) } ?? GuestCount.standard(for: open)
        let keys = open.map(\.key)
        let expected = try store.expectedSeconds(of: keys)
        let recorder = try RunRecorder(
            store: store, run: run, plan: plan, loaders: loaders.map(\.row),
            progress: environment.display.progress(of: keys, expected: expected, guests: limits.working))
        try await recorder.cached(
            plan.cells.compactMap { cell in cell.answer(in: hits).map { (cell, $0) } })
        try await recorder.missing(
            plan.cells.compactMap { cell in cell.obstacle.map { (cell, $0) } })
        let runner = MatrixRunner(
            backend: machine.backend, start: request.start,
            limits: limits, cellLimit: .seconds(request.timeoutSeconds ?? Self.cellSeconds), logs: store)
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
        let document = try await recorder.finish(isWhole: request.extent >= .wholeProbes && !interrupted) {
            [interrupted] in
            interrupted ? nil : ((ContinuousClock.now - clock) / .seconds(1)).roundedToMilliseconds
        }
        await environment.leaveCache(keeping: request.cacheLimit ?? Self.cacheLimit)
        return Outcome(document: document, interrupted: interrupted)
    }

    /// The default time limit of a cell.
    private static let cellSeconds = 120

    private static func day(of date: Date) throws(SessionError) -> Day {
        let text = date.formatted(.iso8601.year().month().day())
        guard let day = Day(text) else { throw .notADay(text) }
        return day
    }

    /// Sorts by time; the suffix distinguishes two runs of the same second.
    private static func newID(at date: Date) -> String {
        let stamp = date.formatted(.iso8601.dateSeparator(.omitted).timeSeparator(.omitted))
        return "\(stamp)-\(String(UInt16.random(in: .min ... .max) | 0x1000, radix: 16))"
    }
}
