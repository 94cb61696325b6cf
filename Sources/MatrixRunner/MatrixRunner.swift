internal import Foundation
package import GuestLink
internal import Logging
package import Machine
package import MatrixModel

/// Receives the events of a run.
///
/// An actor: guests of several kernels have something to tell at once, and each of them waits until it was heard, so
/// that results never pile up in memory.
package protocol RunObserver: Actor {
    /// - Throws: An error that should end the run.
    func note(_ event: RunEvent) throws
}

/// An event of a run in progress.
package enum RunEvent: Sendable {
    /// A guest of the kernel is up.
    case guestUp(KernelID, Hello, start: Start, readySeconds: Double)
    /// The cell runs now; said once more of a cell that runs again.
    case cellBegan(PlannedCell)
    /// What happened does not count: the cell will run again.
    case cellWillRepeat(PlannedCell)
    /// The cell is complete; this is the verdict on its evidence.
    case cell(PlannedCell, CellResult, from: Evidence)
}

/// Measures cells in as few guests as keep all workers busy, and in fresh ones where a cell brings its guest down.
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

    /// Runs all batches and tells `observer` of each cell as soon as it is over.
    ///
    /// `expectedSeconds` says how long cells took before, as far as that is known; it decides the order and nothing else.
    ///
    /// - Throws: What `observer` and the archive of logs throw, and `CancellationError`. A guest that crashes, hangs or never comes up is
    ///   evidence.
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
            // Unlike waitForAll(), this ends the others when one of them throws.
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
