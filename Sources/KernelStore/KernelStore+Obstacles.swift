package import Manifests

extension KernelStore {
    /// What stands in the way of fetching `kernels`, as far as this machine alone can tell: nothing is asked of the network.
    ///
    /// - Returns: Each error once, in the order of the archives that they are about.
    package func obstacles(to kernels: [KernelManifest]) async -> [KernelStoreError] {
        let archives = Set(
            kernels.compactMap { kernel -> AptArchive? in
                guard case .apt(let source) = kernel.source else { return nil }
                return source.suite.archive
            })
        var obstacles: [KernelStoreError] = []
        for archive in AptArchive.allCases where archives.contains(archive) {
            do {
                _ = try await endpoint(archive)
            } catch  where !obstacles.contains(error) {
                obstacles.append(error)
            } catch {
                continue
            }
        }
        return obstacles
    }
}
