import KernelExamination
import KernelStore
import Machine
import Manifests
import MatrixSession

extension KernelDescription {
    /// `kernel` with what a guest of it said, now or before; and why nobody could ask, where that is so.
    ///
    /// `booth` is `nil` when nothing is to be booted.
    ///
    /// - Throws: `KernelStoreError`, `CancellationError`.
    static func examined(
        _ kernel: KernelManifest, store: KernelStore, booth: KernelBooth?
    ) async throws -> (description: KernelDescription, obstacle: MachineError?) {
        let image = try store.image(of: kernel)
        guard let image else { return (KernelDescription(kernel, image: nil, boot: nil), nil) }
        // What another machine or version asked is better than nothing.
        let known = FactsFile(of: image).read(image: image.sha256, commandLine: kernel.commandLine)
        var boot = known.map(BootOutcome.booted)
        var obstacle: MachineError?
        if let booth {
            do { boot = try await booth.facts(of: kernel, image: image) } catch let error as MachineError {
                obstacle = error
            }
        }
        return (KernelDescription(kernel, image: image, boot: boot), obstacle)
    }

    /// Why there are no facts that can be relied on; `nil` when there are.
    func gap(_ obstacle: MachineError?) -> String? {
        let id = listing.id
        guard listing.fetched else { return "\(id) is not fetched; 'compat-matrix kernels fetch \(id)' brings it" }
        if let failure { return "\(id) does not boot: \(failure.reason)" }
        if let facts { return facts.gap.map { "what \(id) offers is not known to its end: \($0)" } }
        return "\(id) cannot be booted here" + (obstacle.map { ": \($0)" } ?? "")
    }
}
