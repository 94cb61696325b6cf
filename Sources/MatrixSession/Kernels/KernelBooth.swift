import Foundation
import GuestImage
import HostTools
package import KernelExamination
package import KernelStore
import Loaders
import Machine
package import Manifests
import MatrixModel
import QEMUBackend
import RunPlanning
import SystemPackage

/// Boots kernels to examine them.
package struct KernelBooth: Sendable {
    private let guestImage: GuestImage
    private let initramfs: InitramfsFile
    private let machine: HostMachine
    private let say: @Sendable (String) -> Void

    /// `say` receives a line before steps that take some seconds.
    package init(_ workspace: Workspace, say: @escaping @Sendable (String) -> Void) async throws {
        self.say = say
        await workspace.cacheFolder.useUntilExit()
        guestImage = try await GuestImage.forGuests(tools: workspace.guestTools)
        initramfs = try guestImage.initramfs(in: workspace.cache)
        machine = try await HostMachine(
            accelerator: .auto, cache: workspace.cache,
            searchPath: ProcessInfo.processInfo.environment["PATH"] ?? "")
    }

    /// The cached facts of `image`, or the facts that a guest reports, which takes some seconds.
    ///
    /// - Throws: `MachineError` if the host cannot run guests at all, `CancellationError`.
    package func facts(of kernel: KernelManifest, image: KernelImage) async throws -> BootOutcome<KernelFacts> {
        let file = FactsFile(of: image)
        let key = key(of: kernel, image: image)
        if let facts = file.read(key) { return .booted(facts) }
        say("\(kernel.id): booting to probe its features")
        let outcome = try await KernelExaminer(backend: machine.backend).examine(spec(of: kernel, image: image))
        // An incomplete examination is repeated next time.
        if case .booted(let facts) = outcome, facts.gap == nil { file.write(facts, for: key) }
        return outcome
    }

    package func boot(_ kernel: KernelManifest, image: KernelImage) async throws -> BootOutcome<KernelFacts.Boot> {
        try await KernelExaminer(backend: machine.backend).boot(spec(of: kernel, image: image))
    }

    private func spec(of kernel: KernelManifest, image: KernelImage) -> GuestSpec {
        GuestSpec(kernel, image: image, initramfs: initramfs)
    }

    private func key(of kernel: KernelManifest, image: KernelImage) -> FactsFile.Key {
        FactsFile.Key(
            image: image.sha256, commandLine: kernel.commandLine, guestImage: initramfs.digest,
            machine: machine.qemu.map { "\(machine.accelerator?.rawValue ?? "") \($0.identity)" })
    }
}
