import HostTools
import Logging
import Manifests
import SystemPackage

/// A private apt root for one suite, with its own lists, sources and keys, separate from the machine's apt.
///
/// One root per suite, so that an archive that does not respond costs only its own kernels.
struct AptRoot {
    let suite: AptSuite
    let folder: FilePath

    /// Writes apt's configuration, without network access.
    init(suite: AptSuite, endpoint: AptEndpoint, in cache: FilePath) throws(KernelStoreError) {
        self.suite = suite
        folder = cache.appending("apt").appending("\(suite.archive.rawValue)_\(suite.name)_\(suite.component)")
        for name in ["lists/partial", "archives/partial", "none", "download"] {
            try Files.makeFolder(folder.appending(name))
        }
        for name in try Files.names(in: folder.appending("download")) where TemporaryFolder.isAbandoned(name) {
            Files.remove(folder.appending("download").appending(name))
        }
        try Files.write([], to: folder.appending("status"))
        try Files.write(
            Array(
                "deb [arch=amd64 signed-by=\(endpoint.keyring)] \(endpoint.mirror) \(suite.name) \(suite.component)\n"
                    .utf8),
            to: folder.appending("sources.list"))
        try Files.write(Array(configuration.utf8), to: folder.appending("apt.conf"))
    }

    /// Passed with `-c`, so it is read after the machine's own configuration: proxy and credentials stay, settings that
    /// would interfere are removed.
    private var configuration: String {
        """
        Dir::State "\(folder)";
        Dir::State::lists "\(folder)/lists";
        Dir::State::status "\(folder)/status";
        Dir::Cache "\(folder)";
        Dir::Cache::archives "\(folder)/archives";
        // In memory only, because parallel calls would conflict over the files.
        Dir::Cache::pkgcache "";
        Dir::Cache::srcpkgcache "";
        Dir::Etc::sourcelist "\(folder)/sources.list";
        Dir::Etc::sourceparts "\(folder)/none";
        Dir::Etc::preferences "/dev/null";
        Dir::Etc::preferencesparts "\(folder)/none";
        Dir::Etc::trusted "/dev/null";
        Dir::Etc::trustedparts "\(folder)/none";
        #clear APT::Architectures;
        APT::Architecture "amd64";
        APT::Architectures { "amd64"; };
        // As root, apt would drop privileges to _apt, which cannot write here.
        APT::Sandbox::User "root";
        // The machine's hooks, such as docker-clean's, are for the machine's own cache.
        #clear APT::Update::Pre-Invoke;
        #clear APT::Update::Post-Invoke;
        #clear APT::Update::Post-Invoke-Success;
        #clear DPkg::Post-Invoke;
        APT::Update::Error-Mode "any";
        APT::Get::AllowUnauthenticated "false";
        Acquire::AllowInsecureRepositories "false";
        Acquire::AllowWeakRepositories "false";
        Acquire::AllowDowngradeToInsecureRepositories "false";
        Acquire::Languages "none";
        // An archive that is down costs seconds, not minutes.
        Acquire::Retries "1";
        Acquire::http::Timeout "10";
        Acquire::https::Timeout "10";

        """
    }

    private func tool(_ name: String) -> ToolRunner { ToolRunner(tool: name, folder: folder.appending("download")) }

    func run(_ name: String, _ arguments: [String]) async throws(KernelStoreError) -> ToolRunner.Output {
        try await tool(name).run(["-c", folder.appending("apt.conf").string, "-q"] + arguments)
    }

    /// Updates the lists; apt checks the archive's signature.
    func update() async throws(KernelStoreError) {
        let output = try await run("apt-get", ["update"])
        guard output.succeeded else { throw .suiteUnavailable(suite, problem: output.problem) }
    }

    /// The packages whose name matches `pattern`, in no particular order.
    func packages(matching pattern: PackagePattern) async throws(KernelStoreError) -> [AptPackage] {
        let names = try await run("apt-cache", ["pkgnames", pattern.literalPrefix])
        let matching = names.text.split(separator: "\n").map(String.init).filter(pattern.matches)
        return matching.isEmpty ? [] : try await show(matching.sorted(), options: ["--no-all-versions"])
    }

    /// Every version of `name` that the suite has.
    func versions(of name: String) async throws(KernelStoreError) -> [AptPackage] {
        try await show([name], options: ["--all-versions"])
    }

    /// A name without a version, which apt lists if only a dependency mentions it, is omitted.
    private func show(_ names: [String], options: [String]) async throws(KernelStoreError) -> [AptPackage] {
        let output = try await run("apt-cache", ["show"] + options + names)
        return output.text.split(separator: "\n\n").compactMap { AptPackage(stanza: $0) }
    }

    /// The newest in dpkg's order; ties go to the shortest name, which is the plain flavor.
    func newest(of packages: [AptPackage]) async throws(KernelStoreError) -> AptPackage? {
        var newest: AptPackage?
        for package in packages.sorted(by: { ($0.name.count, $0.name) < ($1.name.count, $1.name) }) {
            guard let best = newest else {
                newest = package
                continue
            }
            if try await isNewer(package, than: best) { newest = package }
        }
        return newest
    }

    /// In dpkg's order of versions.
    func isNewer(_ package: AptPackage, than other: AptPackage) async throws(KernelStoreError) -> Bool {
        guard package.version != other.version else { return false }
        return try await tool("dpkg").run(["--compare-versions", package.version, "gt", other.version]).succeeded
    }
}

/// The location and digest of a package, according to the signed lists.
struct AptFile: Equatable {
    let address: WebAddress
    let sha256: String

    /// Parses `'http://…/x.deb' x.deb 13604064 SHA256:…`, a line of `apt-get download --print-uris`; `nil` if the file
    /// is not on a web server, or has another kind of digest.
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
    /// Downloads `package`, for which the archive's signed lists vouch, and passes its path to `body`; the file is
    /// removed afterwards.
    ///
    /// apt itself neither resumes an interrupted download nor reports progress, so files on web servers are downloaded
    /// like those of other sources. If that fails, apt may still know a way: a proxy of its own, or another transport.
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
            Logger.current.info("cannot fetch \(file.address) with curl; leaving it to apt")
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
