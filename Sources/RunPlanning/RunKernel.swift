package import KernelStore
package import Manifests
package import MatrixModel
package import MatrixRunner
package import ProbeObject

/// A kernel of a run, with its image or the reason why it is missing.
package struct RunKernel: Sendable {
    package var manifest: KernelManifest
    package var image: Result<KernelImage, KernelStoreError>
    /// What each list of modules that a variant names comes to on this kernel.
    private let found: [[String]: Result<[GuestModule], KernelStoreError>]

    /// What its manifest names in case it has no BTF of its own.
    package let externalBTF: ExternalBTF?

    package var id: KernelID { manifest.id }
    package var hasConfig: Bool { (try? image.get())?.config != nil }

    /// The modules to insert for `names`, or why they cannot be had.
    package func modules(_ names: [String]) -> Result<[GuestModule], KernelStoreError> {
        image.flatMap { _ in found[names] ?? .success([]) }
    }
}

/// Finds what a kernel's guests need besides its image.
package protocol GuestFileFinder: Sendable {
    /// Modules by name, with all that they depend on.
    func guestModules(_ names: [String], of kernel: KernelManifest) -> Result<[GuestModule], KernelStoreError>
    /// `nil` where the manifest names none.
    func externalBTF(of kernel: KernelManifest, image: KernelImage) throws(KernelStoreError) -> ExternalBTF?
}

extension RunKernel {
    /// Kernels as they were fetched, with the modules that `variants` want; looks into all of them side by side.
    ///
    /// Whether a cell is answered from the store depends on its modules, so they are looked up for all cells that name some;
    /// cells that name none cost nothing.
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

    /// A kernel whose BTF cannot be had is not measured: without it, other verdicts would come out.
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
