import HostTools
import Manifests
import SystemPackage

/// Where the signed lists say that a package is, and what it has to be.
struct AptFile: Equatable {
    let address: WebAddress
    let sha256: String

    /// Reads `'http://…/x.deb' x.deb 13604064 SHA256:…`, a line of `apt-get download --print-uris`; `nil` for what is not
    /// on a web server, or has another digest.
    init?(_ line: some StringProtocol) {
        let fields = line.split(separator: " ")
        guard fields.count == 4, fields[3].hasPrefix("SHA256:"),
            let address = try? WebAddress(String(fields[0].filter { $0 != "'" }))
        else { return nil }
        self.address = address
        sha256 = fields[3].dropFirst("SHA256:".count).lowercased()
    }
}

extension AptRoot {
    /// Brings `package`, which the archive's signed lists vouch for, and hands its path to `body`; it is gone afterwards.
    ///
    /// apt itself neither goes on with a download that broke nor says how far it is, so what lies on a web server comes as
    /// other files do. What cannot be reached that way apt may know a way to: a proxy of its own, another transport.
    func withDownload<Value>(
        of package: AptPackage, progress: @escaping DownloadProgress,
        _ body: (FilePath) throws(KernelStoreError) -> Value
    ) async throws(KernelStoreError) -> Value {
        guard let file = try await file(of: package) else { return try await withAptDownload(of: package, body) }
        let download = Download(address: file.address, folder: folder.appending("download"), limits: DownloadLimits())
        do throws(KernelStoreError) {
            return try await download.withFile(progress: progress) { path throws(KernelStoreError) in
                guard try Files.digest(of: path) == file.sha256 else {
                    throw .downloadFailed(
                        package: package.pinned, suite, problem: "it differs from the archive's signed lists")
                }
                return try body(path)
            }
        } catch .unreachable, .answered, .insecure {
            return try await withAptDownload(of: package, body)
        }
    }

    private func file(of package: AptPackage) async throws(KernelStoreError) -> AptFile? {
        let uris = try await run("apt-get", ["download", "--print-uris", package.pinned])
        return uris.text.split(separator: "\n").compactMap(AptFile.init).first
    }

    private func withAptDownload<Value>(
        of package: AptPackage, _ body: (FilePath) throws(KernelStoreError) -> Value
    ) async throws(KernelStoreError) -> Value {
        let place = TemporaryFolder.name(beside: folder.appending("download").appending(package.name))
        try Files.makeFolder(place)
        defer { Files.remove(place) }
        let output = try await ToolRunner(tool: "apt-get", folder: place)
            .run(["-c", folder.appending("apt.conf").string, "-q", "download", package.pinned])
        guard output.succeeded, let name = try Files.names(in: place).first(where: { $0.hasSuffix(".deb") }) else {
            throw .downloadFailed(package: package.pinned, suite, problem: output.problem)
        }
        return try body(place.appending(name))
    }
}
