internal import Foundation
package import GuestLink
package import Machine
package import MatrixModel

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

    /// - Parameters:
    ///   - jobs: Guests at once, at least 1.
    ///   - cellLimit: How long one cell may take before it counts as `timeout`.
    package init(backend: any MachineBackend, start: StartPolicy, jobs: Int, cellLimit: Duration) {
        self.backend = backend
        self.start = start
        self.jobs = max(1, jobs)
        self.cellLimit = cellLimit
    }

    /// Runs all batches and tells of each cell as soon as it is over, never two at a time.
    ///
    /// - Throws: What `tell` throws, and `CancellationError`. A guest that crashes, hangs or never comes up is evidence.
    package func run(_ batches: [KernelBatch], tell: (RunEvent) async throws -> Void) async throws {
        let (events, source) = AsyncStream.makeStream(of: RunEvent.self)
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask {
                defer { source.finish() }
                try await runAll(batches) { source.yield($0) }
            }
            for await event in events { try await tell(event) }
            try await group.waitForAll()
        }
    }

    private func runAll(_ batches: [KernelBatch], tell: @escaping @Sendable (RunEvent) -> Void) async throws {
        try await withThrowingTaskGroup(of: Void.self) { group in
            var waiting = batches.filter { !$0.cells.isEmpty }.makeIterator()
            for _ in 0..<jobs {
                guard let batch = waiting.next() else { break }
                group.addTask { try await run(batch, tell: tell) }
            }
            while try await group.next() != nil {
                if let batch = waiting.next() { group.addTask { try await run(batch, tell: tell) } }
            }
        }
    }

    /// Works through a batch with as many guests as it takes.
    private func run(_ batch: KernelBatch, tell: @escaping @Sendable (RunEvent) -> Void) async throws {
        var session = BatchSession(cells: batch.cells)
        while let round = session.nextRound() {
            var spec = batch.spec
            if round.needsMemory { spec.memoryMiB = max(spec.memoryMiB, GuestSpec.largeMemoryMiB) }
            // A cell that brought a guest down gets its second chance without a snapshot: what crashed may have been it.
            let policy: StartPolicy = round.isSecondChance || round.needsMemory ? .cold : start
            let step: GuestSitting.Outcome
            do {
                step = try await backend.withGuest(spec, start: policy) { guest in
                    tell(.guestUp(batch.kernel, guest.hello, start: guest.start, readySeconds: guest.readySeconds))
                    return try await GuestSitting(guest: guest, cells: round.cells, cellLimit: cellLimit).run { cell, evidence in
                        // What will be tried again is not the last word.
                        if !round.willRepeat(evidence) { tell(.cell(cell, evidence)) }
                    }
                }
                session.finished(step, of: round)
            } catch let error as MachineError {
                if error.isWorthASecondTry, session.mayTryAgain() { continue }
                for cell in round.cells {
                    tell(.cell(cell, Evidence(programs: [], ending: .noGuest(reason: "\(error)", console: error.console))))
                }
                session.drop(round)
            }
        }
    }
}
