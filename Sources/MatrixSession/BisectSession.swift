internal import HostTools
internal import KernelStore
internal import Manifests
package import MatrixAnalysis
internal import MatrixModel
internal import MatrixRunner
internal import ResultStore
package import RunPlanning
internal import SystemPackage

/// The parameters of a bisection.
package struct BisectRequest: Sendable {
    package var probe: String
    /// The options of each step; the kernels are those of the row.
    package var run: RunRequest
    /// Whether the row consists of all versions that the archive offers of the one kernel.
    package var overArchive: Bool

    package init(probe: String, run: RunRequest, overArchive: Bool) {
        self.probe = probe
        self.run = run
        self.overArchive = overArchive
    }
}

/// A bisection: from stored results through the necessary steps to the boundaries.
package struct BisectSession {
    private let request: BisectRequest
    private let environment: RunEnvironment
    private let kernels: [KernelManifest]

    /// Determines the row of kernels.
    package init(_ request: BisectRequest, workspace: Workspace, display: any SessionDisplay) async throws {
        self.request = request
        let store = KernelStore(workspace)
        let project = try workspace.projectManifest()
        let globs = request.run.kernels.isEmpty ? project?.kernels.map(\.value) ?? [] : request.run.kernels
        let chosen = try store.kernels(matching: globs)
        guard request.overArchive else {
            environment = RunEnvironment(workspace, display: display)
            kernels = chosen
            return
        }
        guard let kernel = chosen.first, chosen.count == 1 else {
            throw SessionError.archiveTakesOneKernel(
                pattern: request.run.kernels.joined(), kernels: chosen.map(\.id.text))
        }
        guard case .apt = kernel.source else { throw SessionError.notOfAnArchive(kernel.id) }
        let folder = workspace.cache.appending("offered").appending(kernel.id.text)
        kernels = try await store.offered(like: kernel, manifestsIn: folder)
        environment = RunEnvironment(workspace.adding(catalogueFolder: folder), display: display)
    }

    /// Tests until every boundary is found.
    ///
    /// - Returns: One bisection per variant and loader.
    package func run() async throws -> [Bisection] {
        var bisection = ProbeBisection(probe: request.probe, kernels: kernels.map(\.id.text))
        if request.run.takesStoredAnswers { try await noteStored(&bisection) }
        var last: [String] = []
        while case let next = bisection.next, !next.isEmpty {
            guard next != last else {
                throw SessionError.noCell(of: next)
            }
            last = next
            environment.display.say("testing \(next.joined(separator: ", "))")
            try await test(next, &bisection)
        }
        return bisection.results
    }

    /// Uses stored results with the same inputs, for kernels whose images are in the cache; fetches nothing.
    private func noteStored(_ bisection: inout ProbeBisection) async throws {
        let here = kernels.filter { (try? environment.kernelStore.image(of: $0)) != nil }
        guard !here.isEmpty else { return }
        let session = try await session(of: here.map(\.id.text))
        let hits = try session.store.cached(inputs: session.plan.cells.compactMap(\.inputs))
        for planned in session.plan.cells {
            guard let hit = planned.answer(in: hits) else { continue }
            var cell = hit.cell
            cell.kernel = planned.key.kernel
            cell.probe = planned.key.probe
            cell.variant = planned.key.variant
            cell.loader = planned.key.loader
            bisection.note(cell, release: hit.kernel.release, isStored: true)
        }
    }

    private func test(_ ids: [String], _ bisection: inout ProbeBisection) async throws {
        let session = try await session(of: ids)
        let outcome = try await Interruption.cancelling { try await session.measure() }
        let document = outcome.document
        let releases = Dictionary(document.kernels.map { ($0.id, $0.release) }, uniquingKeysWith: { first, _ in first })
        for cell in document.cells {
            bisection.note(cell, release: releases[cell.kernel] ?? nil, isStored: cell.cached)
        }
        for loader in document.loaders where loader.status == .missing {
            bisection.giveUp(loader: loader.name, reason: loader.reason)
        }
        if outcome.interrupted {
            throw SessionError.bisectionInterrupted(run: document.run.id)
        }
    }

    private func session(of kernels: [String]) async throws -> RunSession {
        var run = request.run
        run.kernels = kernels
        return try await RunSession(run, in: environment)
    }
}
