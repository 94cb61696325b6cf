import KernelStore
import Manifests
import MatrixAnalysis
import MatrixModel
import MatrixRunner
import ResultStore
import SystemPackage

/// One bisection: from what the store knows over the steps that it takes to where verdicts turn.
struct BisectSession {
    private let options: Bisect
    private let workspace: Workspace
    private let kernels: [KernelManifest]

    /// Finds the row of kernels.
    init(_ options: Bisect, workspace: Workspace) async throws {
        self.options = options
        let store = KernelStore(workspace)
        let project = try workspace.projectManifest()
        let globs = options.kernels.isEmpty ? project?.kernels.map(\.value) ?? [] : options.kernels
        let chosen = try store.kernels(matching: globs)
        guard options.archive else {
            self.workspace = workspace
            kernels = chosen
            return
        }
        guard let kernel = chosen.first, chosen.count == 1 else {
            throw CommandFailure(
                .usage,
                "--archive takes one kernel; \(options.kernels.joined()) is \(chosen.map(\.id.text).joined(separator: ", "))"
            )
        }
        guard case .apt = kernel.source else {
            throw CommandFailure(.usage, "\(kernel.id) comes from no apt archive: there is nothing to look through")
        }
        let folder = workspace.cache.appending("offered").appending(kernel.id.text)
        kernels = try await store.offered(like: kernel, manifestsIn: folder)
        self.workspace = workspace.adding(catalogueFolder: folder)
    }

    /// Tests until every turn is found.
    ///
    /// - Returns: One bisection a variant and loader.
    func run() async throws -> [Bisection] {
        var bisection = ProbeBisection(probe: options.probe, kernels: kernels.map(\.id.text))
        if !options.noCache { try await noteStored(&bisection) }
        var last: [String] = []
        while case let next = bisection.next, !next.isEmpty {
            guard next != last else {
                throw CommandFailure(.internalError, "no cell came of \(next.joined(separator: ", "))")
            }
            last = next
            Output.toStderr("testing \(next.joined(separator: ", "))")
            try await test(next, &bisection)
        }
        return bisection.results
    }

    /// What earlier runs found with the same inputs, for kernels whose images are here: nothing is fetched for it.
    private func noteStored(_ bisection: inout ProbeBisection) async throws {
        let store = KernelStore(workspace)
        let here = kernels.filter { (try? store.image(of: $0)) != nil }
        guard !here.isEmpty else { return }
        let session = try await RunSession(
            options: options.runCommand(kernels: here.map(\.id.text)), workspace: workspace)
        let hits = try session.store.cached(inputs: session.plan.cells.compactMap(\.inputs))
        for planned in session.plan.cells {
            guard let hit = planned.answer(in: hits) else { continue }
            var cell = hit.cell
            cell.kernel = planned.cell.key.kernel
            cell.probe = planned.cell.key.probe
            cell.variant = planned.cell.key.variant
            cell.loader = planned.cell.key.loader
            bisection.note(cell, release: hit.kernel.release, isStored: true)
        }
    }

    private func test(_ ids: [String], _ bisection: inout ProbeBisection) async throws {
        let session = try await RunSession(options: options.runCommand(kernels: ids), workspace: workspace)
        let outcome = try await Interruption.cancelling { try await session.measure() }
        let document = try session.store.document(run: outcome.run)
        let releases = Dictionary(document.kernels.map { ($0.id, $0.release) }, uniquingKeysWith: { first, _ in first })
        for cell in document.cells {
            bisection.note(cell, release: releases[cell.kernel] ?? nil, isStored: cell.cached)
        }
        for loader in document.loaders where loader.status == .missing {
            bisection.giveUp(loader: loader.name, reason: loader.reason)
        }
        if outcome.interrupted {
            throw CommandFailure(.interrupted, "interrupted: what was measured is kept in run \(outcome.run)")
        }
    }
}
