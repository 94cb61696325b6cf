import GuestLink
import Machine
import MatrixModel
import MatrixRunner
import Synchronization
import SystemPackage

/// What a scripted guest does with one cell.
enum CellScript: Sendable {
    case pass
    /// Passes as soon as so many guests have something to do.
    case passWhenGuestsWork(Int)
    case fail(errno: Int32)
    case die(console: String)
    case hang(console: String = "")
    /// The VMM ends under the guest.
    case vmmEnds(reason: String)
    /// The guest is silent, because of that trouble of its VMM.
    case vmmStops(String)
    /// The agent ends the loader after the guest waited so many seconds for a processor of the host.
    case starve(seconds: Double)
    case loaderDies(signal: Int32)
    case breakProtocol
}

/// What a scripted guest does with a module.
enum ModuleScript: Sendable {
    case insert
    case refuse(errno: Int32, log: String)
    case die(console: String)
}

/// The outcome of a scripted attempt to start a guest.
enum StartScript: Sendable {
    case up
    case neverReady
    case unusable
}

/// A backend without machines: each attempt follows the script, and requests are recorded.
final class FakeBackend: MachineBackend {
    struct Attempt: Equatable, Sendable {
        var policy: StartPolicy
        var memoryMiB: Int
        /// What was inserted and loaded, in this order; modules as `+name`.
        var work: [String] = []
        /// What the cells might take, in the same order.
        var limits: [Duration] = []
    }

    private struct State {
        var starts: [StartScript]
        var attempts: [Attempt] = []
        var running = 0
        var most = 0
        /// How often each object was loaded so far.
        var loads: [String: Int] = [:]
        var insertions: [String: Int] = [:]
        /// Kernels and sizes of guests that left a snapshot.
        var snapshots: Set<String> = []
    }

    private let state: Mutex<State>
    /// By object path; the n-th load of an object takes the n-th script, or the last.
    private let scripts: [String: [CellScript]]
    /// The same by the content of a module's file.
    private let modules: [String: [ModuleScript]]

    /// What guests had of the host's processors when they came up.
    fileprivate let timeToBoot: ProcessorTime

    init(
        scripts: [String: [CellScript]] = [:], modules: [String: [ModuleScript]] = [:], starts: [StartScript] = [],
        timeToBoot: ProcessorTime = ProcessorTime(running: 0, waiting: 0, longestWait: 0)
    ) {
        self.timeToBoot = timeToBoot
        self.scripts = scripts
        self.modules = modules
        state = Mutex(State(starts: starts))
    }

    var attempts: [Attempt] { state.withLock(\.attempts) }
    var mostAtOnce: Int { state.withLock(\.most) }

    func withGuest<Result: Sendable>(
        _ spec: GuestSpec, start: StartPolicy, body: @Sendable (any Guest) async throws -> Result
    ) async throws -> Result {
        let (number, script) = state.withLock { state in
            state.attempts.append(Attempt(policy: start, memoryMiB: spec.memoryMiB))
            state.running += 1
            state.most = max(state.most, state.running)
            return (state.attempts.count - 1, state.starts.isEmpty ? StartScript.up : state.starts.removeFirst())
        }
        defer { state.withLock { $0.running -= 1 } }
        await Task.yield()
        switch script {
        case .up:
            let key = "\(spec.kernelID) \(spec.memoryMiB)"
            let isWarm = start.usesSnapshots && !state.withLock { $0.snapshots.insert(key).inserted }
            return try await body(FakeGuest(backend: self, attempt: number, start: isWarm ? .warm : .cold))
        case .neverReady: throw MachineError.neverReady(limit: .seconds(1), console: Array("still booting".utf8))
        case .unusable: throw MachineError.vmmMissing(name: "qemu")
        }
    }

    fileprivate func note(_ limit: Duration, in attempt: Int) {
        state.withLock { $0.attempts[attempt].limits.append(limit) }
    }

    fileprivate func script(ofModule module: String, in attempt: Int) -> ModuleScript {
        let number = state.withLock { state in
            state.attempts[attempt].work.append("+\(module)")
            defer { state.insertions[module, default: 0] += 1 }
            return state.insertions[module, default: 0]
        }
        let all = modules[module] ?? [.insert]
        return all[min(number, all.count - 1)]
    }

    fileprivate func script(for object: String, in attempt: Int) -> CellScript {
        let number = state.withLock { state in
            state.attempts[attempt].work.append(object)
            defer { state.loads[object, default: 0] += 1 }
            return state.loads[object, default: 0]
        }
        let all = scripts[object] ?? [.pass]
        return all[min(number, all.count - 1)]
    }
}

private final class FakeGuest: Guest {
    let hello = Hello(release: "6.1.0-fake", versionText: "#1", hasBTF: true, uptimeMicroseconds: 0)
    let start: Start
    let readySeconds = 0.1
    private let backend: FakeBackend
    private let attempt: Int
    private let state = Mutex<(events: [GuestEvent], console: String)>(([], ""))
    private let objects = Mutex<[String: String]>([:])
    private let trouble = Mutex<String?>(nil)
    private let time: Mutex<ProcessorTime>
    /// How long the guest waits for a processor while a cell runs.
    private let waits = Mutex<[UInt32: Double]>([:])
    /// How many guests must have something to do before this one says more.
    private let awaitedGuests = Mutex(0)

    init(backend: FakeBackend, attempt: Int, start: Start) {
        self.backend = backend
        self.start = start
        self.attempt = attempt
        time = Mutex(backend.timeToBoot)
    }

    func console() -> [UInt8] { state.withLock { Array($0.console.utf8) } }

    func vmmTrouble() async -> String? { trouble.withLock(\.self) }
    func processorTime() -> ProcessorTime? { time.withLock(\.self) }

    func send(_ frame: HostFrame) throws {
        switch frame {
        case .begin, .examine: break
        case .file(let path, let bytes): objects.withLock { $0[path] = String(decoding: bytes, as: UTF8.self) }
        case .load(let cell, _, let path, _, let limit, _):
            guard !isOver else { return }
            backend.note(limit, in: attempt)
            play(backend.script(for: content(of: path), in: attempt), cell: cell)
        case .insertModule(let path): play(backend.script(ofModule: content(of: path), in: attempt))
        }
    }

    private func content(of path: String) -> String { objects.withLock { $0[path] ?? "" } }

    private var isOver: Bool {
        state.withLock { state in
            state.events.contains { event in if case .gone = event { true } else { event == .silent } }
        }
    }

    private func play(_ script: ModuleScript) {
        state.withLock { state in
            switch script {
            case .insert: state.events.append(.frame(.moduleInserted(errno: 0, log: [])))
            case .refuse(let errno, let log):
                state.events.append(.frame(.moduleInserted(errno: errno, log: Array(log.utf8))))
            case .die(let console):
                state.console += console
                state.events.append(.gone(.ofGuest))
            }
        }
    }

    private func play(_ script: CellScript, cell: UInt32) {
        var events: [GuestEvent] = [.frame(.cellBegan(cell: cell))]
        var console = ""
        switch script {
        case .passWhenGuestsWork(let count):
            awaitedGuests.withLock { $0 = count }
            return play(.pass, cell: cell)
        case .pass:
            events += [
                .frame(report(cell, errno: 0)), .frame(.cellEnded(cell: cell, exit: .exited(0), microseconds: 2500)),
            ]
        case .fail(let errno):
            events += [
                .frame(.log(cell: cell, program: 0, source: .verifier, text: Array("R1 type=inv expected=ctx\n".utf8))),
                .frame(report(cell, errno: errno)), .frame(.cellEnded(cell: cell, exit: .exited(0))),
            ]
        case .die(let text):
            console = text
            events.append(.gone(.ofGuest))
        case .hang(let text):
            console = text
            events.append(.silent)
        case .vmmEnds(let reason): events.append(.gone(.ofVMM(reason: reason)))
        case .vmmStops(let trouble):
            self.trouble.withLock { $0 = trouble }
            events.append(.silent)
        case .starve(let seconds):
            waits.withLock { $0[cell] = seconds }
            events.append(.frame(.cellEnded(cell: cell, exit: .overdue)))
        case .loaderDies(let signal): events.append(.frame(.cellEnded(cell: cell, exit: .signalled(signal))))
        case .breakProtocol: events.append(.frame(.cellEnded(cell: 999, exit: .exited(0))))
        }
        state.withLock { state in
            state.events += events
            state.console += console
        }
    }

    private func report(_ cell: UInt32, errno: Int32) -> GuestFrame {
        .program(
            ProgramReport(
                cell: cell, program: 0, stage: .load, errno: errno, logComplete: true, verifiedInstructions: nil,
                name: "program", type: "kprobe"))
    }

    func nextEvent(within limit: Duration) async throws -> GuestEvent {
        while backend.attempts.count(where: { !$0.work.isEmpty }) < awaitedGuests.withLock({ $0 }) {
            try await Task.sleep(for: .milliseconds(1))
        }
        let event = state.withLock { state in
            // What ended the guest is what every later question gets.
            state.events.count > 1 || !(state.events.first.map(Self.isLast) ?? true)
                ? state.events.removeFirst() : state.events.first
        }
        if case .frame(.cellEnded(let cell, _, _)) = event, let wait = waits.withLock({ $0[cell] }) {
            time.withLock {
                $0.waiting += wait
                $0.longestWait += wait
            }
        }
        guard let event, event != .silent else {
            try await Task.sleep(for: limit)
            return .silent
        }
        return event
    }

    private static func isLast(_ event: GuestEvent) -> Bool {
        if case .gone = event { return true }
        return event == .silent
    }
}
