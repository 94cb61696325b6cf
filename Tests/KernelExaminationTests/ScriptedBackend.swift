import GuestLink
import Machine
import MatrixModel
import Synchronization
import SystemPackage

/// A backend without machines: each start takes the next script, the last one for ever.
final class ScriptedBackend: MachineBackend {
    enum Script: Sendable {
        case neverUp(MachineError)
        /// What the guest does once it is examined.
        case up([GuestEvent])
        /// What it does instead of saying a frame.
        case garbage(MachineError)
    }

    private let state: Mutex<(scripts: [Script], policies: [StartPolicy])>

    init(_ scripts: Script...) { state = Mutex((scripts, [])) }

    var policies: [StartPolicy] { state.withLock(\.policies) }

    func withGuest<Result: Sendable>(
        _ spec: GuestSpec, start: StartPolicy, body: @Sendable (any Guest) async throws -> Result
    ) async throws -> Result {
        let script = state.withLock { state in
            state.policies.append(start)
            return state.scripts.count > 1 ? state.scripts.removeFirst() : state.scripts.first
        }
        switch script {
        case .neverUp(let error)?: throw error
        case .up(let events)?: return try await body(ScriptedGuest(events: events, error: nil))
        case .garbage(let error)?: return try await body(ScriptedGuest(events: [], error: error))
        case nil: throw MachineError.vmmMissing(name: "no script")
        }
    }
}

private final class ScriptedGuest: Guest {
    let hello = Hello(release: "6.1.0-fake", versionText: "#1 SMP", hasBTF: true, uptimeMicroseconds: 1_500_000)
    let start = Start.cold
    let readySeconds = 2.5
    private let waiting: [GuestEvent]
    private let error: MachineError?
    private let events = Mutex<[GuestEvent]>([])

    init(events: [GuestEvent], error: MachineError?) {
        waiting = events
        self.error = error
    }

    func console() -> [UInt8] { Array("compat-matrix".utf8) }

    func send(_ frame: HostFrame) throws {
        if case .examine = frame { events.withLock { $0 = waiting } }
    }

    func nextEvent(within limit: Duration) async throws -> GuestEvent {
        if let error { throw error }
        let next = events.withLock { $0.isEmpty ? nil : $0.removeFirst() }
        if let next { return next }
        try await Task.sleep(for: limit)
        return .silent
    }
}
