import Foundation
import GuestImage
import KernelStore
import Machine
import MatrixModel
import MatrixRunner
import QEMUBackend
import Synchronization
import SystemPackage
import TestSupport

/// What a test needs to start a guest: QEMU, the guest's image, and a folder for its own snapshots.
struct Bench {
    let folder: FilePath
    let initramfs: InitramfsFile
    private let qemu: QEMU

    /// Boots guests made of the agent and the loaders in the folder `guest`, and of `programs`.
    static func with<Result>(
        guest: FilePath, programs: [DynamicProgram] = [], body: (Bench) async throws -> Result
    ) async throws -> Result {
        try await withFolder { folder in
            let path = ProcessInfo.processInfo.environment["PATH"] ?? ""
            return try await body(
                Bench(
                    folder: folder,
                    initramfs: try await GuestImage.withShell(binaries: guest, programs: programs)
                        .initramfs(in: folder),
                    qemu: try await QEMU.locate(searchPath: path, cache: folder)))
        }
    }

    /// Of this test alone; it begins empty.
    var ownSnapshots: FilePath { folder.appending("snapshots") }

    /// Restores guests from `snapshots`, which other tests share unless they are named.
    func backend(bootLimit: Duration = QEMUBackend.bootLimit, snapshots: FilePath? = nil) -> any MachineBackend {
        QEMUBackend(
            qemu: qemu, accelerator: .tcg,
            snapshots: snapshots ?? SharedCache.snapshots(initramfsDigest: initramfs.digest), bootLimit: bootLimit)
    }

    func spec(
        _ kernel: KernelImage, extraArguments: String = "", memoryMiB: Int = GuestSpec.defaultMemoryMiB
    ) -> GuestSpec {
        GuestSpec(
            kernelID: kernel.id.text, kernel: kernel.path, kernelDigest: kernel.sha256, initramfs: initramfs.path,
            initramfsDigest: initramfs.digest, loaders: initramfs.loaders, extraArguments: extraArguments,
            memoryMiB: memoryMiB)
    }
}

/// Forwards everything and records the requested guests.
final class RecordingBackend: MachineBackend {
    private let backend: any MachineBackend
    private let asked = Mutex<[StartPolicy]>([])

    init(_ backend: any MachineBackend) { self.backend = backend }

    var policies: [StartPolicy] { asked.withLock { $0 } }

    func withGuest<Result: Sendable>(
        _ spec: GuestSpec, start: StartPolicy, body: @Sendable (any Guest) async throws -> Result
    ) async throws -> Result {
        asked.withLock { $0.append(start) }
        return try await backend.withGuest(spec, start: start, body: body)
    }
}

/// What a batch came to, judged.
struct Measurement: Sendable {
    /// By variant.
    private(set) var cells: [String: CellResult] = [:]
    private(set) var evidence: [String: Evidence] = [:]
    /// By reference.
    private(set) var logs: [String: [UInt8]] = [:]

    init(_ batch: KernelBatch, backend: any MachineBackend, start: StartPolicy = .auto, cellLimit: Duration)
        async throws
    {
        let listener = Listener()
        let shelf = Shelf()
        try await MatrixRunner(
            backend: backend, start: start, limits: GuestLimits(1), cellLimit: cellLimit, logs: shelf
        )
        .run([batch], observer: listener)
        for (cell, result, evidence) in await listener.seen {
            self.evidence[cell.key.variant] = evidence
            cells[cell.key.variant] = result
        }
        logs = shelf.texts
    }

    func console(of variant: String) -> [UInt8] { cells[variant]?.console.flatMap { logs[$0] } ?? [] }

    private actor Listener: RunObserver {
        private(set) var seen: [(PlannedCell, CellResult, Evidence)] = []

        func note(_ event: RunEvent) {
            if case .cell(let cell, let result, let evidence) = event { seen.append((cell, result, evidence)) }
        }
    }

    /// Keeps texts in memory.
    private final class Shelf: LogArchive {
        private struct InMemory: LongLog {
            let shelf: Shelf
            let text = TextBox()

            func append(_ bytes: [UInt8]) { text.append(bytes) }
            func keep() -> String { shelf.storeLog(text.bytes) }
        }

        private final class TextBox: Sendable {
            private let content = Mutex<[UInt8]>([])

            var bytes: [UInt8] { content.withLock(\.self) }
            func append(_ part: [UInt8]) { content.withLock { $0 += part } }
        }

        private let kept = Mutex<[String: [UInt8]]>([:])

        var texts: [String: [UInt8]] { kept.withLock(\.self) }

        func storeLog(_ text: [UInt8]) -> String {
            kept.withLock { kept in
                let reference = "logs/\(kept.count).txt"
                kept[reference] = text
                return reference
            }
        }

        func beginLongLog() -> any LongLog { InMemory(shelf: self) }
    }
}
