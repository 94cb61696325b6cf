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

    package var id: KernelID { manifest.id }
    package var hasConfig: Bool { (try? image.get())?.config != nil }

    /// The modules to insert for `names`, or why they cannot be had.
    package func modules(_ names: [String]) -> Result<[GuestModule], KernelStoreError> {
        image.flatMap { _ in found[names] ?? .success([]) }
    }
}

/// Finds modules of a kernel, by name, with all that they depend on.
package typealias ModuleFinder = @Sendable ([String], KernelManifest) -> Result<[GuestModule], KernelStoreError>

extension RunKernel {
    /// Kernels as they were fetched, with the modules that `variants` want; looks into all of them side by side.
    ///
    /// Whether a cell is answered from the store depends on its modules, so they are looked up for all cells that name some;
    /// cells that name none cost nothing.
    package static func all(
        _ fetched: [FetchOutcome], variants: [BuiltVariant], find: @escaping ModuleFinder
    ) async -> [RunKernel] {
        let wanted = Set(variants.map(\.modules)).subtracting([[]])
        return await withTaskGroup(of: (Int, RunKernel).self) { group in
            for (position, outcome) in fetched.enumerated() {
                group.addTask { (position, RunKernel(outcome, wanted: wanted, find: find)) }
            }
            var kernels: [Int: RunKernel] = [:]
            for await (position, kernel) in group { kernels[position] = kernel }
            return fetched.indices.compactMap { kernels[$0] }
        }
    }

    private init(_ fetched: FetchOutcome, wanted: Set<[String]>, find: ModuleFinder) {
        manifest = fetched.kernel
        image = fetched.result
        let isHere = (try? fetched.result.get()) != nil
        found = Dictionary(
            uniqueKeysWithValues: (isHere ? wanted : []).map { ($0, find($0, fetched.kernel)) })
    }
}

extension Result {
    package var error: Failure? {
        if case .failure(let error) = self { error } else { nil }
    }
}
