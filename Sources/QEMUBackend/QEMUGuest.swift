internal import GuestLink
internal import Machine
internal import MatrixModel
internal import Synchronization

/// A guest in a QEMU that this process started.
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
    func processorTime() -> ProcessorTime? { channel.processorTime() }
    func vmmTrouble() async -> String? { await channel.vmmTrouble() }
}

/// The host's end of a guest: frames to and from the mailbox, the console, and whether QEMU is still running.
final class GuestChannel: Sendable {
    let mailbox: Mailbox
    let console: MemoryFile
    private let monitor: MonitorConnection
    private let process: QEMUProcess
    private let state = Mutex(State())

    private struct State {
        var decoder = FrameDecoder()
        /// Data for which the guest had no room yet.
        var outgoing: ArraySlice<UInt8> = []
    }

    init(mailbox: Mailbox, console: MemoryFile, monitor: MonitorConnection, process: QEMUProcess) {
        self.mailbox = mailbox
        self.console = console
        self.monitor = monitor
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
            // Checked before the mailbox is read, because frames that a guest wrote before it died must not be lost.
            let ending = process.endingIfOver()
            if let frame = try pump() { return .frame(frame) }
            if let ending { return .gone(await departure(ending)) }
            if ContinuousClock.now >= deadline { return .silent }
            try await Task.sleep(for: pause)
            pause = min(pause * 1.25, Self.longestPause)
        }
    }

    func processorTime() -> ProcessorTime? { process.processorTime() }

    func vmmTrouble() async -> String? {
        let limit = Self.limitForAnAnswer
        do {
            let status = try await monitor.status(process: process, within: limit)
            return status == "running" ? nil : "QEMU has paused the guest (\(status))"
        } catch {
            return process.endingIfOver().map { "QEMU ended with \($0.description)" }
                ?? "QEMU is stopped or hangs: its monitor did not answer within \(limit)"
        }
    }

    /// QEMU answers within milliseconds, or within tenths of a second on a host that is ten times too busy.
    private static let limitForAnAnswer: Duration = .seconds(5)

    private func departure(_ ending: QEMUProcess.Ending) async -> Departure {
        await monitor.guestEndedMachine() ? .ofGuest : .ofVMM(reason: "QEMU ended with \(ending.description)")
    }

    /// A check costs a twentieth of a millisecond of processor time, which adds up for three guests on a busy
    /// processor.
    private static let shortestPause: Duration = .milliseconds(1)
    private static let longestPause: Duration = .milliseconds(10)

    /// Moves bytes in both directions and returns the oldest pending frame.
    private func pump() throws -> GuestFrame? {
        try state.withLock { state in
            if !state.outgoing.isEmpty {
                state.outgoing = state.outgoing.dropFirst(mailbox.write(state.outgoing))
            }
            do {
                if let frame = try state.decoder.next() { return frame }
                state.decoder.append(try mailbox.readAll())
                return try state.decoder.next()
            } catch let error as FrameError {
                throw MachineError.protocolBroken("\(error)")
            }
        }
    }
}
