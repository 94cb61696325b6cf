internal import Foundation
internal import GuestLink
internal import HostTools
internal import Logging
package import Machine
internal import MatrixModel
package import SystemPackage

/// Runs guests in QEMU, cold or from a snapshot.
package struct QEMUBackend: MachineBackend {
    package let qemu: QEMU
    package let accelerator: Accelerator
    private let snapshots: SnapshotStore
    private let bootLimit: Duration

    /// From power-on to the first frame.
    ///
    /// A busy host under TCG needs 10 s; a distribution's largest kernels three times that.
    package static let bootLimit: Duration = .seconds(90)
    /// From `cont` to the answer of a restored guest, usually 0.2 s.
    private static let restoreLimit: Duration = .seconds(10)

    package init(
        qemu: QEMU, accelerator: Accelerator, snapshots: FilePath, bootLimit: Duration = QEMUBackend.bootLimit
    ) {
        self.qemu = qemu
        self.accelerator = accelerator
        self.snapshots = SnapshotStore(folder: snapshots)
        self.bootLimit = bootLimit
    }

    package func withGuest<Result: Sendable>(
        _ spec: GuestSpec, start policy: StartPolicy, body: @Sendable (any Guest) async throws -> Result
    ) async throws -> Result {
        try await withLogger(mergingMetadata: ["kernel": "\(spec.kernelID)"]) { logger in
            try await withGuest(spec, start: policy, logger: logger, body: body)
        }
    }

    private func withGuest<Result: Sendable>(
        _ spec: GuestSpec, start policy: StartPolicy, logger: Logger,
        body: @Sendable (any Guest) async throws -> Result
    ) async throws -> Result {
        let start = qemu.canRestore ? policy : .cold
        if policy != start {
            logger.info("QEMU \(qemu.version) cannot restore snapshots (needs \(QEMU.oldestForWarmStarts))")
        }
        let key = SnapshotStore.key(spec, accelerator: accelerator, qemu: qemu.identity)
        if start.usesSnapshots, let snapshot = snapshots.find(spec, key: key) {
            let restored = try await withProcess(spec, snapshot: snapshot) { vm -> Restored<Result> in
                let guest: QEMUGuest
                do {
                    guest = try await vm.restore(from: snapshot, limit: Self.restoreLimit)
                } catch let error as MachineError {
                    return .failed(error)
                }
                logger.debug("restored the snapshot \(snapshot) in \(Diagnostics.seconds(guest.readySeconds))")
                return .ran(try await body(guest))
            }
            switch restored {
            case .ran(let result): return result
            case .failed(let error): logger.info("discarded the snapshot \(snapshot): \(error)")
            }
            snapshots.discard(spec, key: key)
        } else {
            logger.debug("\(start.usesSnapshots ? "no snapshot matches" : "no snapshot is used"); booting")
        }
        let folder = start.leavesSnapshots ? snapshots.createdFolder() : nil
        return try await withProcess(spec, writing: folder) { vm in
            let guest = try await vm.boot(limit: bootLimit)
            logger.debug("booted in \(Diagnostics.seconds(guest.readySeconds))")
            if start.leavesSnapshots {
                // A full disk costs speed, but does not end the run.
                do {
                    try await snapshots.save(spec, key: key) { try await vm.snapshot(to: $0) }
                    logger.debug("saved a snapshot")
                } catch is CancellationError {
                    throw CancellationError()
                } catch {
                    logger.info("cannot save a snapshot: \(error)")
                    try await vm.resumeIfStopped()
                }
            }
            return try await body(guest)
        }
    }

    private enum Restored<Result: Sendable>: Sendable {
        case ran(Result)
        case failed(MachineError)
    }

    private func withProcess<Result: Sendable>(
        _ spec: GuestSpec, snapshot: FilePath? = nil, writing folder: FilePath? = nil,
        body: (VirtualMachine) async throws -> Result
    ) async throws -> Result {
        try Task.checkCancellation()
        let machine = try VirtualMachine(
            qemu: qemu.path, accelerator: accelerator, spec: spec, snapshot: snapshot, writing: folder)
        defer { machine.end() }
        return try await body(machine)
    }
}

/// One QEMU process with its monitor, mailbox, console and memory.
private final class VirtualMachine {
    private let process: QEMUProcess
    private let monitor: MonitorConnection
    private let channel: GuestChannel
    /// The memory of a booting guest; a restored one maps its snapshot instead.
    private let memory: MemoryFile?
    private let layout: SnapshotLayout
    /// The release that the guest must report; empty to accept any.
    private let release: String
    /// The output of QEMU itself.
    private let messages: MemoryFile
    private let startedAt = ContinuousClock.now
    /// How often a silent guest is checked.
    private static let consoleInterval: Duration = .seconds(1)
    private var isStopped = false

    /// Starts the QEMU of a guest, which boots or, with a `snapshot`, waits for the rest of the snapshot.
    ///
    /// It cannot change files of the host except those it may write to `folder`.
    init(
        qemu: FilePath, accelerator: Accelerator, spec: GuestSpec, snapshot: FilePath?, writing folder: FilePath?
    ) throws(MachineError) {
        let mailbox = try Mailbox()
        layout = SnapshotLayout(memoryBytes: spec.memoryMiB << 20)
        release = spec.release
        memory = snapshot == nil ? try MemoryFile(name: "compat-matrix-ram", bytes: layout.memoryBytes) : nil
        let console = try MemoryFile(name: "compat-matrix-console")
        messages = try MemoryFile(name: "compat-matrix-qemu")
        let sockets = try SocketPair.withQEMU()
        monitor = MonitorConnection(sockets)
        process = try QEMUProcess(
            path: qemu, arguments: CommandLine(spec, accelerator: accelerator, snapshot: snapshot).arguments,
            descriptors: [
                -1, messages.descriptor, messages.descriptor, sockets.far, mailbox.sockets.far, console.descriptor,
                memory?.descriptor ?? -1,
            ], freedom: .confined(folder: folder))
        channel = GuestChannel(mailbox: mailbox, console: console, monitor: monitor, process: process)
    }

    func end() { process.kill() }

    /// Waits for the guest's first frame, and until it has done the work that every load would repeat.
    func boot(limit: Duration) async throws -> QEMUGuest {
        await monitor.negotiate()
        let hello = try await waitForHello(limit: limit)
        let readySeconds = secondsSinceStart()
        try await monitor.open(process: process)
        guard case .frame(.warmed) = try await channel.nextEvent(within: limit) else { throw failure(limit: limit) }
        return QEMUGuest(hello: hello, start: .cold, readySeconds: readySeconds, channel: channel)
    }

    /// Puts the machine into the state of `snapshot` and waits for the proof that it runs.
    func restore(from snapshot: FilePath, limit: Duration) async throws -> QEMUGuest {
        try await monitor.open(process: process)
        try await leaveMemoryOut()
        try await monitor.execute("migrate-incoming", ["uri": layout.deviceStateURI(in: snapshot)], process: process)
        try await monitor.finishMigration(process: process)
        try channel.send(.begin)
        try await resume()
        let hello = try await waitForHello(limit: limit)
        return QEMUGuest(hello: hello, start: .warm, readySeconds: secondsSinceStart(), channel: channel)
    }

    /// Writes the machine's state to `path` and resumes the guest.
    func snapshot(to path: FilePath) async throws {
        try await leaveMemoryOut()
        try await monitor.execute("stop", process: process)
        isStopped = true
        try await monitor.execute("migrate", ["uri": layout.deviceStateURI(in: path)], process: process)
        try await monitor.finishMigration(process: process)
        if let memory { try layout.write(memory, to: path) }
        try await resume()
    }

    private func resume() async throws {
        try await monitor.execute("cont", process: process)
        isStopped = false
    }

    /// Resumes the guest after a failed snapshot, unless it is already running.
    func resumeIfStopped() async throws { if isStopped { try await resume() } }

    /// With `x-ignore-shared` (QEMU 4.0), QEMU leaves out the guest's memory, which is a file that this process saves,
    /// and writes and reads the rest.
    private func leaveMemoryOut() async throws {
        let capability: [String: any Sendable] = ["capability": "x-ignore-shared", "state": true]
        try await monitor.execute("migrate-set-capabilities", ["capabilities": [capability]], process: process)
    }

    private func waitForHello(limit: Duration) async throws -> Hello {
        let deadline = ContinuousClock.now + limit
        while true {
            let left = deadline - ContinuousClock.now
            switch try await channel.nextEvent(within: min(left, Self.consoleInterval)) {
            case .frame(.hello(let hello)):
                guard release.isEmpty || hello.release == release else {
                    throw MachineError.otherKernel(expected: release, reported: hello.release)
                }
                return hello
            case .silent where left > .zero:
                let console = channel.console.contents()
                if ConsoleExcerpt.isHalted(console) { throw MachineError.halted(console: console) }
            default: throw failure(limit: limit)
            }
        }
    }

    private func failure(limit: Duration) -> MachineError {
        let console = channel.console.contents()
        guard let ending = process.endingIfOver() else { return .neverReady(limit: limit, console: console) }
        let said = String(decoding: messages.contents(), as: UTF8.self).split(separator: "\n").last.map(String.init)
        // QEMU exits without a message if the guest resets after a triple fault or a panic.
        let reset = ending == .exited(0) ? "\(Departure.ofGuest)" : nil
        return .endedEarly(message: said ?? reset ?? ending.description, console: console)
    }

    private func secondsSinceStart() -> Double { (ContinuousClock.now - startedAt) / .seconds(1) }
}
