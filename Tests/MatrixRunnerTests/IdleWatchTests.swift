import GuestLink
import Machine
import MatrixModel
import Synchronization
import Testing

@testable import MatrixRunner

@Suite(.timeLimit(.minutes(1))) struct IdleWatchTests {
    /// A guest that uses its processor as its script says: a share for each look.
    private final class ScriptedGuest: Guest {
        let hello = Hello(release: "6.1.0-fake", versionText: "#1", hasBTF: true, uptimeMicroseconds: 0)
        let start = Start.warm
        let readySeconds = 0.1
        private let shares: [Double]
        private let state = Mutex((look: 0, seconds: 0.0, at: ContinuousClock.now))

        init(shares: [Double]) { self.shares = shares }

        func send(_ frame: HostFrame) throws {}
        func nextEvent(within limit: Duration) async throws -> GuestEvent { .silent }
        func console() -> [UInt8] { [] }

        func processorTime() -> ProcessorTime? {
            state.withLock { state in
                let now = ContinuousClock.now
                defer { (state.look, state.at) = (state.look + 1, now) }
                guard state.look > 0 else { return ProcessorTime(running: 0, waiting: 0, longestWait: 0) }
                guard state.look <= shares.count else { return nil }
                state.seconds += shares[state.look - 1] * ((now - state.at) / .seconds(1))
                // A guest that waits for a processor is not idle.
                return ProcessorTime(
                    running: state.seconds / 2, waiting: state.seconds / 2, longestWait: state.seconds / 2)
            }
        }
    }

    @Test(
        arguments: [
            ([1, 1, 1], []), ([1, 0.02, 0.02], [true]), ([0, 1, 1, 0, 0.9], [true, false, true, false]),
            // With a processor to itself, a guest that runs one program uses all of it; QEMU's other threads add to that.
            ([0.02, 1.3], [true, false]), ([], []),
        ] as [([Double], [Bool])])
    func changesAreListed(shares: [Double], changes: [Bool]) async throws {
        let seen = Mutex<[Bool]>([])
        try await IdleWatch(guest: ScriptedGuest(shares: shares)).run { isIdle in seen.withLock { $0.append(isIdle) } }
        #expect(seen.withLock { $0 } == changes)
    }
}
