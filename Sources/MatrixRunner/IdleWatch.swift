internal import Machine

/// Watches a guest and notices when it becomes idle or resumes work.
struct IdleWatch {
    let guest: any Guest

    private static let interval: Duration = .milliseconds(100)
    /// A guest that only keeps its clocks running uses less than this share of a processor; 0.1 to 0.2 was seen under TCG.
    private static let idleShare = 0.3

    /// Calls `onChange` whenever the guest becomes idle (`true`) or resumes work (`false`), until the task is cancelled.
    func run(onChange: (Bool) async -> Void) async throws {
        var wasIdle = false
        var last = ContinuousClock.now
        guard var lastActive = guest.processorTime()?.total else { return }
        while true {
            try await Task.sleep(for: Self.interval)
            guard let active = guest.processorTime()?.total else { return }
            let now = ContinuousClock.now
            let isIdle = (active - lastActive) / ((now - last) / .seconds(1)) < Self.idleShare
            (last, lastActive) = (now, active)
            guard isIdle != wasIdle else { continue }
            wasIdle = isIdle
            await onChange(isIdle)
        }
    }
}
