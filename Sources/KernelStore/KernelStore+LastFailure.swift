import FoundationEssentials
import Glibc
import Manifests
import SystemPackage

/// Why a kernel could not be fetched on the last attempt.
private struct FetchFailure: Codable {
    /// The manifest's source at that time: another source has not failed yet.
    var source: String
    var reason: String
}

extension KernelStore {
    private func failureFile(of kernel: KernelManifest) -> FilePath {
        cache.folder.appending("unavailable").appending("\(kernel.id).json")
    }

    /// Why `kernel` could not be fetched on the last attempt, and how long ago; `nil` if it was fetched, or never
    /// tried.
    func lastFailure(of kernel: KernelManifest) -> (reason: String, age: Duration)? {
        let file = failureFile(of: kernel)
        guard let bytes = try? Files.readIfThere(file),
            let failure = try? JSONDecoder().decode(FetchFailure.self, from: Data(bytes)),
            failure.source == kernel.source.description, let status = try? Files.status(file)
        else { return nil }
        var now = timespec()
        clock_gettime(CLOCK_REALTIME, &now)
        let nanoseconds = Int64(now.tv_sec) * 1_000_000_000 + Int64(now.tv_nsec)
        return (failure.reason, .nanoseconds(nanoseconds - status.modified))
    }

    /// The recent failure that makes another attempt for `kernel` unnecessary.
    func recentFailure(of kernel: KernelManifest, within patience: Duration) -> KernelStoreError? {
        // If the clock was set back, the failure is in the future and does not count.
        guard let last = lastFailure(of: kernel), last.age >= .zero, last.age < patience else { return nil }
        return .failedBefore(kernel.id, reason: last.reason, minutes: Int(last.age / .seconds(60)))
    }

    /// Remembers a failure, except one that the user can fix here, and forgets it on success.
    ///
    /// If the failure cannot be recorded, the fetch still reports it.
    func note(_ fetched: Fetched, of kernels: [KernelManifest]) {
        guard let kernel = kernels.first(where: { $0.id == fetched.id }) else { return }
        let file = failureFile(of: kernel)
        switch fetched.result {
        case .success: Files.remove(file)
        case .failure(.cancelled): break
        case .failure(let error):
            guard kernel.source.isElsewhere, !error.isMendedHere else { return Files.remove(file) }
            let failure = FetchFailure(source: kernel.source.description, reason: "\(error)")
            guard let json = try? JSON.encode(failure) else { return }
            try? Files.makeFolder(file.removingLastComponent())
            try? Files.write([UInt8](json), to: file)
        }
    }
}
