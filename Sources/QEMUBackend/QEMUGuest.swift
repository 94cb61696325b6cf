internal import GuestLink
internal import Machine
internal import MatrixModel
internal import Synchronization

/// A guest in a QEMU of ours.
final class QEMUGuest: Guest {
    let hello: Hello
    let start: Start
    let readySeconds: Double
    private let channel: GuestChannel

    init(hello: Hello, start: Start, readySeconds: Double, channel: GuestChannel) {
        self.hello = hello
        self.start = start
        self.readySeconds = readySeconds
        self.channel = channel
    }

    func send(_ frame: HostFrame) throws { try channel.send(frame) }
    func nextEvent(within limit: Duration) async throws -> GuestEvent { try await channel.nextEvent(within: limit) }
    func console() -> [UInt8] { channel.console.contents() }
    func activeSeconds() -> Double? { channel.activeSeconds() }
}

/// The host's end of a guest: frames in and out of the mailbox, the console, and whether QEMU still runs.
final class GuestChannel: Sendable {
    let mailbox: Mailbox
    let console: MemoryFile
    private let process: QEMUProcess
    private let state = Mutex(State())

    private struct State {
        var decoder = FrameDecoder()
        var arrived: [GuestFrame] = []
        /// What the guest had no room for yet.
        var outgoing: ArraySlice<UInt8> = []
    }

    init(mailbox: Mailbox, console: MemoryFile, process: QEMUProcess) {
        self.mailbox = mailbox
        self.console = console
        self.process = process
    }

    func send(_ frame: HostFrame) throws {
        let bytes = try frame.encoded()
        state.withLock { $0.outgoing += bytes }
    }

    func nextEvent(within limit: Duration) async throws -> GuestEvent {
        let deadline = ContinuousClock.now + limit
        var pause = Self.shortestPause
        while true {
            // Asked before the mailbox is read: what a guest wrote before it died must not be lost.
            let ending = process.endingIfOver()
            if let frame = try pump() { return .frame(frame) }
            if let ending { return .gone(reason: "QEMU ended with \(ending.description)") }
            if ContinuousClock.now >= deadline { return .silent }
            try await Task.sleep(for: pause)
            pause = min(pause * 1.25, Self.longestPause)
        }
    }

    func activeSeconds() -> Double? { process.activeSeconds() }

    /// Looking costs a twentieth of a millisecond, which three guests want of a processor that all of them need.
    private static let shortestPause: Duration = .milliseconds(1)
    private static let longestPause: Duration = .milliseconds(10)

    /// Moves bytes in both directions and returns the oldest pending frame.
    private func pump() throws -> GuestFrame? {
        try state.withLock { state in
            if !state.outgoing.isEmpty {
                state.outgoing = state.outgoing.dropFirst(mailbox.write(state.outgoing))
            }
            if state.arrived.isEmpty {
                do {
                    state.arrived = try state.decoder.feed(try mailbox.readAll())
                } catch let error as FrameError {
                    throw MachineError.protocolBroken("\(error)")
                }
            }
            return state.arrived.isEmpty ? nil : state.arrived.removeFirst()
        }
    }
}
