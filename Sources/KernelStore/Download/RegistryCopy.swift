import FoundationEssentials
import HostTools
import Manifests
import SystemPackage

/// An image in a registry, copied by skopeo as an OCI layout.
struct RegistryCopy {
    let reference: OCIReference
    /// For all downloads, on the file system of the cache.
    let folder: FilePath
    let limits: DownloadLimits
    /// Whether the registry uses plain HTTP, as one on the loopback does.
    let isPlain: Bool

    /// Passes the layout and the digest of the manifest (without `sha256:`) to `body`.
    ///
    /// `locked` is that digest from an earlier fetch, which is then requested instead of the tag.
    func withLayout<Value>(
        locked: String?, progress: @escaping DownloadProgress,
        _ body: (FilePath, String) async throws(KernelStoreError) -> Value
    ) async throws(KernelStoreError) -> Value {
        try ToolRunner.requireInstalled("skopeo")
        try await requireReachable()
        let pinned = locked.map { "sha256:\($0)" } ?? reference.digest
        let manifest = try await manifest(pinned ?? reference.tag ?? "latest")
        let digest = Digest.of(manifest)
        let total = try announcedSize(manifest)
        try Files.makeFolder(folder)
        for name in try Files.names(in: folder) where TemporaryFolder.isAbandoned(name) {
            Files.remove(folder.appending(name))
        }
        let layout = TemporaryFolder.name(beside: folder.appending("layout"))
        defer { Files.remove(layout) }
        try await copy("sha256:\(digest)", to: layout, total: total, progress)
        return try await body(layout, digest)
    }

    /// skopeo itself waits half a minute for an unreachable network.
    private func requireReachable() async throws(KernelStoreError) {
        let address = "\(isPlain ? "http" : "https")://\(reference.registry)/v2/"
        let seconds = "\(limits.connect.components.seconds)"
        let output = try await ToolRunner(tool: "curl").run([
            "--disable", "--silent", "--show-error", "--output", "/dev/null", "--connect-timeout", seconds,
            "--max-time", seconds, address,
        ])
        guard output.succeeded else { throw .unreachable(host: reference.registry, problem: output.problem) }
    }

    private func name(_ version: String) -> String {
        "docker://\(reference.registry)/\(reference.name)\(version.hasPrefix("sha256:") ? "@" : ":")\(version)"
    }

    /// As served by the registry, because its digest can replace the tag in the reference.
    private func manifest(_ version: String) async throws(KernelStoreError) -> String {
        let output = try await skopeo(
            ["inspect", "--raw"] + (isPlain ? ["--tls-verify=false"] : []) + [name(version)])
        guard output.succeeded else { throw .registryFailed(reference, problem: output.problemOfSkopeo) }
        return output.text
    }

    private struct Manifest: Decodable {
        struct Blob: Decodable { var size: Int64 }
        var layers: [Blob]?
    }

    /// The size of the layers; `nil` for an index, whose images have their own manifests.
    private func announcedSize(_ text: String) throws(KernelStoreError) -> Int64? {
        guard let layers = (try? JSONDecoder().decode(Manifest.self, from: Data(text.utf8)))?.layers else { return nil }
        let limit = Int64(limits.sizeMiB) << 20
        var total: Int64 = 0
        for layer in layers { total += min(max(0, layer.size), limit + 1 - total) }
        guard total <= limit else { throw .imageTooLarge(reference, limitMiB: limits.sizeMiB) }
        return total
    }

    /// Skopeo has no limits, so its output is monitored, and it is stopped if it stalls or writes too much.
    private func copy(
        _ digest: String, to layout: FilePath, total: Int64?, _ progress: @escaping DownloadProgress
    ) async throws(KernelStoreError) {
        let arguments =
            ["copy", "--quiet"] + (isPlain ? ["--src-tls-verify=false"] : [])
            + [name(digest), "oci:\(layout):kernel"]
        let limits = limits
        let ended = await withTaskGroup(of: Ended.self) { group in
            group.addTask {
                do throws(KernelStoreError) {
                    return .ended(try await skopeo(arguments))
                } catch {
                    return .failed(error)
                }
            }
            group.addTask { await Self.watch(layout, limits: limits, total: total, progress) }
            let first = await group.next() ?? .stopped
            group.cancelAll()
            return first
        }
        switch ended {
        case .ended(let output) where output.succeeded: return
        case .ended(let output) where output.exceededFileLimit:
            throw .imageTooLarge(reference, limitMiB: limits.sizeMiB)
        case .ended(let output): throw .registryFailed(reference, problem: output.problemOfSkopeo)
        case .failed(let error): throw error
        case .stalled: throw .stalled(host: reference.registry, seconds: Int(limits.stall.components.seconds))
        case .tooLarge: throw .imageTooLarge(reference, limitMiB: limits.sizeMiB)
        case .stopped: throw .cancelled
        }
    }

    private enum Ended: Sendable {
        case ended(ToolRunner.Output)
        case failed(KernelStoreError)
        case stalled
        case tooLarge
        case stopped
    }

    private static func watch(
        _ layout: FilePath, limits: DownloadLimits, total: Int64?, _ progress: @escaping DownloadProgress
    ) async -> Ended {
        let clock = ContinuousClock()
        var (last, since) = (Int64(0), clock.now)
        while (try? await Task.sleep(for: .milliseconds(250))) != nil {
            let size = (try? Files.size(below: layout)) ?? 0
            progress(size, total)
            if size != last { (last, since) = (size, clock.now) }
            if size > Int64(limits.sizeMiB) << 20 { return .tooLarge }
            if clock.now - since > limits.stall { return .stalled }
        }
        return .stopped
    }

    private func skopeo(_ arguments: [String]) async throws(KernelStoreError) -> ToolRunner.Output {
        var common = ["--override-os", "linux", "--override-arch", "amd64"]
        // The machine's policy for images applies; without one, the digest decides.
        if try Files.status("/etc/containers/policy.json") == nil { common.append("--insecure-policy") }
        return try await ToolRunner(tool: "prlimit").run(
            ["--fsize=\(limits.sizeMiB << 20)", "--core=0", "skopeo"] + common + arguments)
    }
}

extension ToolRunner.Output {
    /// The last message of skopeo, `time="…" level=fatal msg="…"`, without what surrounds it.
    fileprivate var problemOfSkopeo: String {
        guard let match = problem.firstMatch(of: /msg="(.*)"$/) else { return problem }
        return String(match.1.replacing("\\\"", with: "'"))
    }
}
