internal import Machine

/// The schedule of a run, shared by its workers.
actor Dispatcher {
    private var schedule: Schedule
    private var waiting: [AsyncStream<Never>.Continuation] = []

    init(_ schedule: Schedule) { self.schedule = schedule }

    /// The next guest to start, as soon as one is available; `nil` once the run is finished.
    ///
    /// - Throws: `CancellationError`.
    func nextGuest() async throws -> Schedule.Guest? {
        while true {
            try Task.checkCancellation()
            switch schedule.nextWork() {
            case .start(let guest): return guest
            case .wait: await change()
            case .finished: return nil
            }
        }
    }

    func nextStep(of guest: Schedule.Guest) -> Schedule.Step? { schedule.nextStep(of: guest) }

    /// Changes the schedule, which may give work to waiting workers.
    func update<Result: Sendable>(_ change: @Sendable (inout Schedule) -> Result) -> Result {
        defer {
            for worker in waiting { worker.finish() }
            waiting = []
        }
        return change(&schedule)
    }

    /// Returns after the next update, or when the task is cancelled.
    private func change() async {
        let (updates, worker) = AsyncStream<Never>.makeStream()
        waiting.append(worker)
        for await _ in updates {}
    }
}
