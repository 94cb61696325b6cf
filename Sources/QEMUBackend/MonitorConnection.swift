internal import Foundation
internal import HostTools
internal import Machine
internal import SystemPackage

/// The QEMU Machine Protocol over a socket pair.
///
/// Source: QEMU 10.0, `docs/interop/qmp-spec.rst`.
actor MonitorConnection {
    private let sockets: SocketPair
    private var socket: Int32 { sockets.near }
    private var received: [UInt8] = []
    private var hasNegotiated = false

    init(_ sockets: SocketPair) { self.sockets = sockets }

    private struct Fault: Decodable {
        var desc: String
    }

    private struct Status: Decodable {
        var status: String?
        var errorDescription: String?

        enum CodingKeys: String, CodingKey {
            case status
            case errorDescription = "error-desc"
        }
    }

    private struct EventData: Decodable {
        var guest: Bool?
    }

    private struct Message: Decodable {
        var result: Status?
        var error: Fault?
        var event: String?
        var data: EventData?

        enum CodingKeys: String, CodingKey {
            case result = "return"
            case error, event, data
        }

        init(from decoder: any Decoder) throws {
            let container = try decoder.container(keyedBy: CodingKeys.self)
            // Not every answer is an object with a status; of the others, only their arrival matters.
            result =
                container.contains(.result) ? (try? container.decode(Status.self, forKey: .result)) ?? Status() : nil
            error = try container.decodeIfPresent(Fault.self, forKey: .error)
            event = try container.decodeIfPresent(String.self, forKey: .event)
            data = try? container.decodeIfPresent(EventData.self, forKey: .data)
        }
    }

    /// Requests QEMU to leave negotiation mode, so that it reports events, without waiting for it.
    func negotiate() {
        guard !hasNegotiated else { return }
        // If QEMU is gone, this is noticed while waiting for an answer.
        try? send("qmp_capabilities")
        hasNegotiated = true
    }

    /// Waits until commands can be executed.
    func open(process: QEMUProcess) async throws {
        negotiate()
        _ = try await line(process: process, waitingFor: "greeting")
        _ = try await answer(to: "qmp_capabilities", process: process)
    }

    func execute(_ command: String, _ arguments: [String: any Sendable] = [:], process: QEMUProcess) async throws {
        _ = try await ask(command, arguments, process: process)
    }

    /// The state that QEMU reports, such as `running` or `paused`.
    ///
    /// - Throws: `MachineError.monitor` if there is no answer within `limit`.
    func status(process: QEMUProcess, within limit: Duration) async throws -> String {
        try await ask("query-status", process: process, within: limit).status ?? "unknown"
    }

    /// Whether the guest made QEMU exit, by a reset or by switching the machine off; call this once QEMU has exited.
    ///
    /// QEMU reports this before an orderly exit, including one caused by a signal that it handles. Source: QEMU 10.0
    /// `qapi/run-state.json`, event `SHUTDOWN`.
    func guestEndedMachine() -> Bool {
        while receive() {}
        return received.split(separator: UInt8(ascii: "\n")).contains { line in
            let message = try? JSONDecoder().decode(Message.self, from: Data(line))
            return message?.event == "SHUTDOWN" && message?.data?.guest == true
        }
    }

    /// Waits until the migration in progress has ended.
    ///
    /// - Throws: `MachineError.monitor` if it failed.
    func finishMigration(process: QEMUProcess) async throws {
        while true {
            let answer = try await ask("query-migrate", process: process)
            switch answer.status {
            case "completed": return
            case "failed", "cancelled":
                throw MachineError.monitor(
                    command: "migrate", message: answer.errorDescription ?? answer.status ?? "no reason given")
            default: try await Task.sleep(for: .milliseconds(2))
            }
        }
    }

    private func ask(
        _ command: String, _ arguments: [String: any Sendable] = [:], process: QEMUProcess,
        within limit: Duration = usualLimit
    ) async throws -> Status {
        try send(command, arguments)
        return try await answer(to: command, process: process, within: limit)
    }

    private func send(_ command: String, _ arguments: [String: any Sendable] = [:]) throws(MachineError) {
        // The names and flags come from this program, and JSON can always encode them.
        var request =
            (try? JSONSerialization.data(withJSONObject: ["execute": command, "arguments": arguments])) ?? Data()
        request.append(UInt8(ascii: "\n"))
        let sent = request.withUnsafeBytes { Foundation.send(socket, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL)) }
        guard sent == request.count else { throw .monitor(command: command, message: "the monitor is closed") }
    }

    private func answer(
        to command: String, process: QEMUProcess, within limit: Duration = usualLimit
    ) async throws -> Status {
        while true {
            let line = Data(try await line(process: process, waitingFor: command, within: limit))
            guard let message = try? JSONDecoder().decode(Message.self, from: line) else {
                throw MachineError.monitor(
                    command: command, message: "no QMP answer: \(String(decoding: line.prefix(200), as: UTF8.self))")
            }
            if let error = message.error { throw MachineError.monitor(command: command, message: error.desc) }
            if let result = message.result { return result }
        }
    }

    /// The next line; QEMU sends one JSON value per line.
    private func line(
        process: QEMUProcess, waitingFor command: String, within limit: Duration = usualLimit
    ) async throws -> [UInt8] {
        let deadline = ContinuousClock.now + limit
        while true {
            if let end = received.firstIndex(of: UInt8(ascii: "\n")) {
                let line = Array(received[..<end])
                received.removeFirst(end + 1)
                return line
            }
            if receive() { continue }
            if process.endingIfOver() != nil || ContinuousClock.now > deadline {
                throw MachineError.monitor(command: command, message: "no answer")
            }
            try await Task.sleep(for: .milliseconds(1))
        }
    }

    /// Reads available data without waiting, and returns whether there was any.
    private func receive() -> Bool {
        let part = [UInt8](unsafeUninitializedCapacity: 16 << 10) { buffer, count in
            count = max(0, recv(socket, buffer.baseAddress, buffer.count, Int32(MSG_DONTWAIT)))
        }
        received += part
        return !part.isEmpty
    }

    private static let usualLimit: Duration = .seconds(30)
}
