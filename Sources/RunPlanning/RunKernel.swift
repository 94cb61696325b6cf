package import KernelStore
package import Manifests
package import MatrixModel
package import MatrixRunner
package import ProbeObject

/// A kernel of a run, with its image or the reason why it is missing.
package struct RunKernel: Sendable {
    package var manifest: KernelManifest
    package var image: Result<KernelImage, KernelStoreError>
    /// For each list of modules that a variant names, the modules on this kernel.
    private let found: [[String]: Result<[GuestModule], KernelStoreError>]

    /// The BTF that its manifest names, in case the kernel has none of its own.
    package let externalBTF: ExternalBTF?

    package var id: KernelID { manifest.id }
    package var hasConfig: Bool { (try? image.get())?.config != nil }

    /// The modules to insert for `names`, or why they are not available.
    package func modules(_ names: [String]) -> Result<[GuestModule], KernelStoreError> {
        image.flatMap { _ in found[names] ?? .success([]) }
    }
}

/// Finds the files that a kernel's guests need in addition to its image.
package protocol GuestFileFinder: Sendable {
    /// Modules by name, with all modules that they depend on.
    func guestModules(_ names: [String], of kernel: KernelManifest) -> Result<[GuestModule], KernelStoreError>
    /// `nil` if the manifest names none.
    func externalBTF(of kernel: KernelManifest, image: KernelImage) throws(KernelStoreError) -> ExternalBTF?
}

extension RunKernel {
    /// Fetched kernels with the modules that `variants` need, looked up in parallel.
    ///
    /// Whether a cell can be answered from the store depends on its modules, so they are looked up for every cell that
    /// names some; the other cells cost nothing.
    package static func all(
        _ fetched: [FetchOutcome], variants: [BuiltVariant], finder: any GuestFileFinder
    ) async -> [RunKernel] {
        let wanted = Set(variants.map(\.settings.modules)).subtracting([[]])
        return await withTaskGroup(of: (Int, RunKernel).self) { group in
            for (position, outcome) in fetched.enumerated() {
                group.addTask { (position, RunKernel(outcome, wanted: wanted, finder: finder)) }
            }
            var kernels: [Int: RunKernel] = [:]
            for await (position, kernel) in group { kernels[position] = kernel }
            return fetched.indices.compactMap { kernels[$0] }
        }
    }

    /// A kernel whose external BTF cannot be used is not measured, because the verdicts would be different without it.
    private init(_ fetched: FetchOutcome, wanted: Set<[String]>, finder: any GuestFileFinder) {
        manifest = fetched.kernel
        do throws(KernelStoreError) {
            let image = try fetched.result.get()
            externalBTF = try finder.externalBTF(of: fetched.kernel, image: image)
            self.image = .success(image)
            found = Dictionary(
                uniqueKeysWithValues: wanted.map { ($0, finder.guestModules($0, of: fetched.kernel)) })
        } catch {
            externalBTF = nil
            image = .failure(error)
            found = [:]
        }
    }
}

extension Result {
    package var error: Failure? {
        if case .failure(let error) = self { error } else { nil }
    }
}
