import HostTools
package import Manifests

extension KernelStore {
    /// What prevents fetching `kernels`, as far as this machine alone can tell, without accessing the network.
    ///
    /// - Returns: Each error once, in the order of the archives that they are about, followed by missing tools.
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
        for tool in Set(kernels.flatMap(\.source.tools)).sorted() {
            do {
                try ToolRunner.requireInstalled(tool)
            } catch {
                obstacles.append(error)
            }
        }
        return obstacles
    }
}

extension KernelSource {
    /// The programs that fetch it, in addition to apt.
    fileprivate var tools: [String] {
        guard case .file(let source) = self else { return [] }
        return ([source.location] + source.modules + [source.config].compactMap { $0 }).flatMap { location in
            switch location {
            case .file: [String]()
            case .url: ["curl", "rpmkeys"]
            case .oci: ["curl", "skopeo"]
            }
        }
    }
}
