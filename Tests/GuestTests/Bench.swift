import Foundation
import GuestImage
import KernelStore
import Machine
import MatrixModel
import MatrixRunner
import QEMUBackend
import Synchronization
import SystemPackage

/// What a test needs to boot a guest: QEMU, the guest's image, and a folder for its snapshots.
struct Bench {
    let folder: FilePath
    let image: GuestImage
    private let qemu: QEMU

    /// Boots guests made of the agent and the loaders in the folder `guest`.
    static func with<Result>(guest: FilePath, body: (Bench) async throws -> Result) async throws -> Result {
        try await withFolder { folder in
            let path = ProcessInfo.processInfo.environment["PATH"] ?? ""
            return try await body(
                Bench(
                    folder: folder, image: try GuestImage(binaries: guest, cache: folder),
                    qemu: try await QEMU.locate(searchPath: path, cache: folder)))
        }
    }

    var snapshots: FilePath { folder.appending("snapshots") }

    func backend(bootLimit: Duration = QEMUBackend.bootLimit, snapshots: FilePath? = nil) -> any MachineBackend {
        QEMUBackend(qemu: qemu, accelerator: .tcg, snapshots: snapshots ?? self.snapshots, bootLimit: bootLimit)
    }

    func spec(
        _ kernel: KernelImage, extraArguments: String = "", memoryMiB: Int = GuestSpec.defaultMemoryMiB
    ) -> GuestSpec {
        GuestSpec(
            kernelID: kernel.id.text, kernel: kernel.path, kernelDigest: kernel.sha256, initramfs: image.path,
            initramfsDigest: image.digest, extraArguments: extraArguments, memoryMiB: memoryMiB)
    }
}

/// Passes everything on and remembers which guests were asked for.
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
struct Measurement {
    /// By variant.
    var cells: [String: CellResult] = [:]
    var evidence: [String: Evidence] = [:]
    /// By reference.
    var logs: [String: [UInt8]] = [:]

    init(_ batch: KernelBatch, backend: any MachineBackend, start: StartPolicy = .auto, cellLimit: Duration)
        async throws
    {
        let runner = MatrixRunner(backend: backend, start: start, jobs: 1, cellLimit: cellLimit)
        let judge = Judge()
        try await runner.run([batch]) { event in
            guard case .cell(let cell, let evidence) = event else { return }
            self.evidence[cell.key.variant] = evidence
            cells[cell.key.variant] = try judge.result(of: cell, kernel: batch.kernel, evidence: evidence, release: nil)
            {
                let reference = "logs/\(logs.count).txt"
                logs[reference] = $0
                return reference
            }
        }
    }

    func console(of variant: String) -> [UInt8] { cells[variant]?.console.flatMap { logs[$0] } ?? [] }
}
