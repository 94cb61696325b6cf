internal import Foundation
package import GuestLink
package import Machine
package import MatrixModel

/// Somebody who wants to know what happens in a run.
///
/// An actor: guests of several kernels have something to tell at once, and each of them waits until it was heard, so
/// that results never pile up in memory.
package protocol RunObserver: Actor {
    /// - Throws: Whatever should end the run.
    func note(_ event: RunEvent) throws
}

/// What a run has to tell while it goes on.
package enum RunEvent: Sendable {
    /// A guest of the kernel is up.
    case guestUp(KernelID, Hello, start: Start, readySeconds: Double)
    case cell(PlannedCell, Evidence)
}

/// Measures cells: one guest for the cells of a kernel, and a fresh one where a cell brings its guest down.
package struct MatrixRunner: Sendable {
    private let backend: any MachineBackend
    private let start: StartPolicy
    private let jobs: Int
    private let cellLimit: Duration
    private let longLogs: LongLogs?

    /// Prepares a run of as many guests at once as `jobs` says.
    ///
    /// A cell that is silent for longer than `cellLimit` counts as `timeout`. Long logs go to what `longLogs` makes, and stay
    /// in memory without it.
    package init(
        backend: any MachineBackend, start: StartPolicy, jobs: Int, cellLimit: Duration, longLogs: LongLogs? = nil
    ) {
        self.backend = backend
        self.longLogs = longLogs
        self.start = start
        self.jobs = max(1, jobs)
        self.cellLimit = cellLimit
    }

    /// Runs all batches and tells `observer` of each cell as soon as it is over.
    ///
    /// - Throws: What `observer` and `longLogs` throw, and `CancellationError`. A guest that crashes, hangs or never comes up is
    ///   evidence.
    package func run(_ batches: [KernelBatch], observer: some RunObserver) async throws {
        try await withThrowingTaskGroup(of: Void.self) { group in
            var waiting = batches.filter { !$0.cells.isEmpty }.makeIterator()
            for _ in 0..<jobs {
                guard let batch = waiting.next() else { break }
                group.addTask { try await run(batch, observer: observer) }
            }
            while try await group.next() != nil {
                if let batch = waiting.next() { group.addTask { try await run(batch, observer: observer) } }
            }
        }
    }

    /// Works through a batch with as many guests as it takes.
    private func run(_ batch: KernelBatch, observer: some RunObserver) async throws {
        var session = BatchSession(cells: batch.cells)
        while let round = session.nextRound() {
            var spec = batch.spec
            if round.needsMemory { spec.memoryMiB = max(spec.memoryMiB, GuestSpec.largeMemoryMiB) }
            // A cell that brought a guest down gets its second chance without a snapshot: what crashed may have been it.
            let policy: StartPolicy = round.isSecondChance ? .cold : start
            do {
                let outcome = try await backend.withGuest(spec, start: policy) { guest in
                    try await observer.note(
                        .guestUp(batch.kernel, guest.hello, start: guest.start, readySeconds: guest.readySeconds))
                    return try await GuestSitting(
                        guest: guest, kernelConfig: batch.config, round: round, cellLimit: cellLimit,
                        longLogs: longLogs
                    ).run(observer: observer)
                }
                session.finished(outcome, of: round)
            } catch let error as MachineError {
                if error.isWorthASecondTry, session.mayTryAgain() { continue }
                let evidence = Evidence(programs: [], ending: .noGuest(reason: "\(error)", console: error.console))
                for cell in round.cells { try await observer.note(.cell(cell, evidence)) }
                session.drop(round)
            }
        }
    }
}
