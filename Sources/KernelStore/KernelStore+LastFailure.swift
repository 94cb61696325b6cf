import FoundationEssentials
package import Manifests
import SystemPackage

/// Why a kernel could not be had when it was last tried.
private struct FetchFailure: Codable {
    /// The manifest's source at that time: another one has not failed yet.
    var source: String
    var reason: String
}

extension KernelStore {
    private func failureFile(of kernel: KernelManifest) -> FilePath {
        cache.folder.appending("unavailable").appending("\(kernel.id).json")
    }

    /// Why `kernel` could not be fetched the last time; `nil` when it could, or was never tried.
    package func lastFailure(of kernel: KernelManifest) -> String? {
        guard let bytes = try? Files.readIfThere(failureFile(of: kernel)),
            let failure = try? JSONDecoder().decode(FetchFailure.self, from: Data(bytes)),
            failure.source == kernel.source.description
        else { return nil }
        return failure.reason
    }

    /// Remembers a failure and forgets it on success.
    ///
    /// Where that cannot be written, the fetch says why all the same: it is then told and not remembered.
    func note(_ fetched: Fetched, of kernels: [KernelManifest]) {
        guard let kernel = kernels.first(where: { $0.id == fetched.id }) else { return }
        let file = failureFile(of: kernel)
        switch fetched.result {
        case .success: Files.remove(file)
        case .failure(.cancelled): break
        case .failure(let error):
            let failure = FetchFailure(source: kernel.source.description, reason: "\(error)")
            guard let json = try? JSON.encode(failure) else { return }
            try? Files.makeFolder(file.removingLastComponent())
            try? Files.write([UInt8](json), to: file)
        }
    }
}
