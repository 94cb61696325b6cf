internal import Foundation
internal import HostTools
internal import Machine
internal import SystemPackage

/// The QEMU Machine Protocol over a socket pair.
///
/// Source: QEMU 10.0, `docs/interop/qmp-spec.rst`.
final class MonitorConnection {
    private let sockets: SocketPair
    private var socket: Int32 { sockets.near }
    private var received: [UInt8] = []

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

    private struct Message: Decodable {
        var result: Status?
        var error: Fault?
        var event: String?

        enum CodingKeys: String, CodingKey {
            case result = "return"
            case error, event
        }

        init(from decoder: any Decoder) throws {
            let container = try decoder.container(keyedBy: CodingKeys.self)
            // Not every answer is an object with a status; what matters of the others is that they came.
            result =
                container.contains(.result) ? (try? container.decode(Status.self, forKey: .result)) ?? Status() : nil
            error = try container.decodeIfPresent(Fault.self, forKey: .error)
            event = try container.decodeIfPresent(String.self, forKey: .event)
        }
    }

    /// Reads the greeting and leaves negotiation mode.
    func open(process: QEMUProcess) async throws {
        _ = try await line(process: process, waitingFor: "greeting")
        try await execute("qmp_capabilities", process: process)
    }

    func execute(_ command: String, _ arguments: [String: Any] = [:], process: QEMUProcess) async throws {
        _ = try await answer(to: command, arguments, process: process)
    }

    /// Waits until the migration that was started is over.
    ///
    /// - Throws: `MachineError.monitor` when it failed.
    func finishMigration(process: QEMUProcess) async throws {
        while true {
            let answer = try await answer(to: "query-migrate", [:], process: process)
            switch answer.status {
            case "completed": return
            case "failed", "cancelled":
                throw MachineError.monitor(
                    command: "migrate", message: answer.errorDescription ?? answer.status ?? "no reason given")
            default: try await Task.sleep(for: .milliseconds(2))
            }
        }
    }

    private func answer(to command: String, _ arguments: [String: Any], process: QEMUProcess) async throws -> Status {
        var request = try JSONSerialization.data(withJSONObject: ["execute": command, "arguments": arguments])
        request.append(UInt8(ascii: "\n"))
        let sent = request.withUnsafeBytes { Foundation.send(socket, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL)) }
        guard sent == request.count else {
            throw MachineError.monitor(command: command, message: "the monitor is closed")
        }
        while true {
            let line = Data(try await line(process: process, waitingFor: command))
            guard let message = try? JSONDecoder().decode(Message.self, from: line) else {
                throw MachineError.monitor(
                    command: command, message: "no QMP answer: \(String(decoding: line.prefix(200), as: UTF8.self))")
            }
            if let error = message.error { throw MachineError.monitor(command: command, message: error.desc) }
            if let result = message.result { return result }
        }
    }

    /// The next line; QEMU sends one JSON value a line.
    private func line(process: QEMUProcess, waitingFor command: String) async throws -> [UInt8] {
        let limit = ContinuousClock.now + .seconds(30)
        while true {
            if let end = received.firstIndex(of: UInt8(ascii: "\n")) {
                let line = Array(received[..<end])
                received.removeFirst(end + 1)
                return line
            }
            let part = [UInt8](unsafeUninitializedCapacity: 16 << 10) { buffer, count in
                count = max(0, recv(socket, buffer.baseAddress, buffer.count, Int32(MSG_DONTWAIT)))
            }
            received += part
            guard part.isEmpty else { continue }
            if process.endingIfOver() != nil || ContinuousClock.now > limit {
                throw MachineError.monitor(command: command, message: "no answer")
            }
            try await Task.sleep(for: .milliseconds(1))
        }
    }
}
