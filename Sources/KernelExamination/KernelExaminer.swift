internal import GuestLink
package import Machine

/// The result of booting a kernel.
package enum BootOutcome<Found: Sendable>: Sendable {
    case booted(Found)
    case didNotBoot(BootFailure)
}

/// A kernel that failed to start: an outcome, like a rejected program.
package struct BootFailure: Sendable, Equatable {
    package var reason: String
    package var console: [UInt8]

    package init(reason: String, console: [UInt8]) {
        self.reason = reason
        self.console = console
    }

    /// The end of the guest's console: printable, without empty lines.
    package func lastLines(_ count: Int) -> [String] {
        let text = String(decoding: console, as: UTF8.self)
        let lines = text.split(whereSeparator: \.isNewline).map { line in
            // A boot loader's escape sequences would clear the reader's screen.
            String(String.UnicodeScalarView(line.unicodeScalars.filter { $0.value >= 0x20 && $0.value != 0x7f }))
        }
        return lines.filter { !$0.allSatisfy(\.isWhitespace) }.suffix(count).map { String($0.prefix(400)) }
    }
}

/// Boots kernels to examine them, and leaves snapshots for later runs.
package struct KernelExaminer: Sendable {
    private let backend: any MachineBackend
    private let limit: Duration

    /// From the request to the last answer.
    ///
    /// It takes 1 to 4 s under TCG, and three times as long on a busy host.
    package static let limit: Duration = .seconds(120)

    package init(backend: any MachineBackend, limit: Duration = KernelExaminer.limit) {
        self.backend = backend
        self.limit = limit
    }

    /// Boots `spec` and probes the features of its kernel.
    ///
    /// A guest that dies during the examination has booted nevertheless: the facts contain everything it reported until
    /// then, with the `gap`.
    ///
    /// - Throws: `MachineError` if the host cannot run guests at all, `CancellationError`.
    package func examine(_ spec: GuestSpec) async throws -> BootOutcome<KernelFacts> {
        try await booting(spec) { guest in try await collect(from: guest) }
    }

    /// Boots `spec` and checks only that it starts.
    ///
    /// - Throws: As `examine`.
    package func boot(_ spec: GuestSpec) async throws -> BootOutcome<KernelFacts.Boot> {
        try await booting(spec) { guest in KernelFacts.Boot(guest) }
    }

    /// A guest that fails to start gets a second chance, as in a run, because the host may be to blame.
    private func booting<Found: Sendable>(
        _ spec: GuestSpec, body: @Sendable (any Guest) async throws -> Found
    ) async throws -> BootOutcome<Found> {
        var isSecondTry = false
        while true {
            do {
                return .booted(try await backend.withGuest(spec, start: .boot, body: body))
            } catch let error as MachineError where error.isWorthASecondTry {
                guard isSecondTry else {
                    isSecondTry = true
                    continue
                }
                return .didNotBoot(BootFailure(reason: "\(error)", console: error.console ?? []))
            }
        }
    }

    private func collect(from guest: any Guest) async throws -> KernelFacts {
        var collector = FactCollector(KernelFacts(hello: guest.hello, boot: KernelFacts.Boot(guest)))
        let cell: UInt32 = 0
        let deadline = ContinuousClock.now + limit
        var gap: String?
        do {
            try guest.send(.examine(cell: cell))
            examination: while true {
                let left = deadline - ContinuousClock.now
                guard left > .zero else {
                    gap = "probing the features took longer than \(limit)"
                    break
                }
                switch try await guest.nextEvent(within: left) {
                case .frame(.cellBegan(cell)), .frame(.log(cell, _, .kernel, _)), .silent: continue
                case .frame(.fact(cell, let fact)):
                    guard collector.add(fact) else {
                        throw MachineError.protocolBroken(
                            "it reported more than \(FactCollector.byteLimit) bytes of facts")
                    }
                case .frame(.cellEnded(cell, let exit, _)):
                    if exit != .exited(0) { gap = "the loader that probes the features ended with \(exit)" }
                    break examination
                case .frame(let frame): throw MachineError.protocolBroken("it sent \(frame) while features were probed")
                case .gone(let departure):
                    gap = "probing the features ended early: \(departure)"
                    break examination
                }
            }
        } catch let error as MachineError {
            gap = "\(error)"
        }
        var facts = collector.finished(gap: gap)
        facts.boot.hasSerialConsole = !guest.console().isEmpty
        return facts
    }
}

extension KernelFacts.Boot {
    init(_ guest: any Guest) {
        self.init(
            readySeconds: guest.readySeconds, uptimeSeconds: Double(guest.hello.uptimeMicroseconds) / 1_000_000,
            hasSerialConsole: !guest.console().isEmpty)
    }
}
