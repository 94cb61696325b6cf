import HostTools
import SystemPackage

/// rpm's own database with the vendors' keys, in the cache, because the machine's database is for its own packages.
struct RpmKeyring {
    let folder: FilePath
    /// By the last eight digits of the key's id.
    private let names: [String: String]

    /// The folders of distribution-gpg-keys whose keys sign kernels.
    private static let vendors = [
        "alma", "amazon-linux", "anolis", "azure-linux", "centos", "circle", "eurolinux", "fedora", "mageia",
        "openmandriva", "opensuse", "oraclelinux", "redhat", "rocky", "rosa", "scientific-linux", "suse",
    ]
    private static let package = "distribution-gpg-keys"

    /// The keys below `vendorKeys`, imported once for each state of those files.
    static func imported(from vendorKeys: FilePath, in cache: FilePath) async throws(KernelStoreError) -> RpmKeyring {
        let keys = try keyFiles(below: vendorKeys)
        guard !keys.isEmpty else { throw .vendorKeysMissing(folder: vendorKeys, package: package) }
        let keyrings = cache.appending("rpm-keys")
        let folder = keyrings.appending(try state(of: keys))
        try Files.makeFolder(keyrings)
        let lock = try await Files.lock(keyrings.appending("lock"))
        defer { lock.release() }
        if try Files.status(folder) == nil {
            for name in try Files.names(in: keyrings) where name != "lock" { Files.remove(keyrings.appending(name)) }
            let new = TemporaryFolder.name(beside: folder)
            try Files.makeFolder(new)
            defer { Files.remove(new) }
            // rpm skips keys of unknown types and exits with an error; the imported keys count.
            _ = try await ToolRunner(tool: "rpmkeys").run(["--dbpath", new.string, "--import"] + keys.map(\.string))
            try Files.move(new, to: folder)
        }
        let list = try await ToolRunner(tool: "rpm").run(
            ["--dbpath", folder.string, "--query", "--all", "gpg-pubkey", "--queryformat", "%{version}|%{packager}\n"])
        let names = list.text.split(separator: "\n").compactMap { line -> (String, String)? in
            guard let bar = line.firstIndex(of: "|") else { return nil }
            return (line[..<bar].lowercased(), String(line[line.index(after: bar)...]))
        }
        guard !names.isEmpty else { throw .toolFailed(tool: "rpmkeys", problem: "it imported no keys") }
        return RpmKeyring(folder: folder, names: Dictionary(names) { first, _ in first })
    }

    func name(ofKey id: String) -> String {
        let short = String(id.suffix(8))
        return names[short].map { "\($0), key \(short)" } ?? "key \(short)"
    }

    private static func keyFiles(below folder: FilePath) throws(KernelStoreError) -> [FilePath] {
        var files: [FilePath] = []
        for vendor in vendors {
            let place = folder.appending(vendor)
            for name in try Files.names(in: place) { files.append(place.appending(name)) }
        }
        return files
    }

    /// Changes when a package of keys is upgraded.
    private static func state(of files: [FilePath]) throws(KernelStoreError) -> String {
        var digest = Digest()
        for file in files {
            guard let status = try Files.status(file) else { continue }
            digest.update(Array("\(file) \(status.size) \(status.modified)\n".utf8))
        }
        return String(digest.hexadecimal().prefix(16))
    }
}
