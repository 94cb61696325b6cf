internal import Foundation
package import GuestLink
internal import Logging
package import Machine
package import MatrixModel

/// Receives the events of a run.
///
/// An actor: guests of several kernels report at the same time, and each waits until its report is handled, so that
/// results never pile up in memory.
package protocol RunObserver: Actor {
    /// - Throws: An error that ends the run.
    func note(_ event: RunEvent) throws
}

/// An event of a run in progress.
package enum RunEvent: Sendable {
    /// A guest of the kernel is up.
    case guestUp(KernelID, Hello, start: Start, readySeconds: Double)
    /// The cell runs now; sent again if the cell is repeated.
    case cellBegan(PlannedCell)
    /// The evidence does not count: the cell will run again.
    case cellWillRepeat(PlannedCell)
    /// The cell is complete; this is the verdict on its evidence.
    case cell(PlannedCell, CellResult, from: Evidence)
}

/// Measures cells in as few guests as keep all workers busy, and repeats those that bring a guest down in fresh ones.
package struct MatrixRunner: Sendable {
    private let backend: any MachineBackend
    private let start: StartPolicy
    private let limits: GuestLimits
    private let cellLimit: Duration
    private let logs: (any LogArchive)?

    /// Prepares a run with as many concurrent guests as `limits` allows.
    ///
    /// A cell that is silent for longer than `cellLimit` counts as `timeout`. Texts are written to `logs`; without it,
    /// they cannot be read later, and long ones stay in memory.
    package init(
        backend: any MachineBackend, start: StartPolicy, limits: GuestLimits, cellLimit: Duration,
        logs: (any LogArchive)? = nil
    ) {
        self.backend = backend
        self.logs = logs
        self.start = start
        self.limits = limits
        self.cellLimit = cellLimit
    }

    /// Runs all batches and reports each cell to `observer` as soon as it ends.
    ///
    /// `expectedSeconds` are the known durations from earlier runs; they affect only the order.
    ///
    /// - Throws: What `observer` and the log archive throw, and `CancellationError`. A guest that crashes, hangs or
    ///   never starts is evidence and not an error.
    package func run(
        _ batches: [KernelBatch], expectedSeconds: [CellKey: Double] = [:], observer: some RunObserver
    ) async throws {
        let began = ContinuousClock.now
        let batches = batches.flatMap(\.parts)
        let dispatcher = Dispatcher(
            Schedule(batches, start: start, workingLimit: limits.working, expectedSeconds: expectedSeconds))
        try await withThrowingTaskGroup(of: Void.self) { workers in
            for _ in 0..<limits.up {
                workers.addTask {
                    while let guest = try await dispatcher.nextGuest() {
                        try await run(
                            guest, of: batches[guest.batch], since: began, dispatcher: dispatcher, observer: observer)
                    }
                }
            }
            // Unlike waitForAll(), this cancels the others if one of them throws.
            while try await workers.next() != nil {}
        }
    }

    private func run(
        _ number: Schedule.Guest, of batch: KernelBatch, since began: ContinuousClock.Instant, dispatcher: Dispatcher,
        observer: some RunObserver
    ) async throws {
        let judge = try KernelJudge(batch: batch, logs: logs)
        do {
            let policy = number.round.startPolicy(start)
            try await backend.withGuest(number.round.spec(batch.spec), start: policy) { guest in
                await dispatcher.update { $0.isUp(number, start: guest.start) }
                try await observer.note(
                    .guestUp(batch.kernel, guest.hello, start: guest.start, readySeconds: guest.readySeconds))
                let idleWatch = Task {
                    try await IdleWatch(guest: guest).run { isIdle in
                        await dispatcher.update { $0.setIdle(number, isIdle) }
                    }
                }
                defer { idleWatch.cancel() }
                try await GuestSitting(
                    guest: guest, number: number, dispatcher: dispatcher, batch: batch, cellLimit: cellLimit,
                    judge: judge, start: began
                ).run(observer: observer)
            }
            await dispatcher.update { $0.isOver(number) }
        } catch let error as MachineError {
            let lost = await dispatcher.update {
                $0.didNotStart(number, isWorthASecondTry: error.isWorthASecondTry)
            }
            Logger.current.info("a guest did not start: \(error)", metadata: ["kernel": "\(batch.kernel)"])
            for cell in lost { try await observer.note(judge.event(cell, .noGuest(error), release: nil)) }
        }
    }
}
