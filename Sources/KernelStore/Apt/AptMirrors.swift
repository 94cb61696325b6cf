import FoundationEssentials
import HostTools
import Manifests
import SystemPackage

/// Finds a mirror for each archive without a hard-coded host: from the environment, from the machine's apt
/// configuration, or else from python-apt's archive descriptions, which cover every distribution.
struct AptMirrors {
    /// An index that the machine's apt reads.
    struct Target: Equatable {
        let origin: String
        let label: String
        let site: String
        let suite: String
    }

    /// The mirrors that the user named for this command.
    var named: [AptArchive: String] = [:]
    let environment: [String: String]
    let targets: [Target]
    /// python-apt's `debian.info` and `ubuntu.info`, by archive family; families that are not installed are missing.
    let descriptions: [AptArchive: String]

    static let descriptionsFolder: FilePath = "/usr/share/python-apt/templates"
    static let descriptionsPackage = "python-apt-common"

    /// Determines the mirrors of this machine.
    static func ofThisMachine() async throws(KernelStoreError) -> AptMirrors {
        let output = try await ToolRunner(tool: "apt-get").run([
            "indextargets", "--format", "$(ORIGIN)|$(LABEL)|$(SITE)|$(RELEASE)", "Created-By: Packages",
        ])
        var descriptions: [AptArchive: String] = [:]
        for name in try Files.names(in: descriptionsFolder) {
            // Debian 12 names it `Ubuntu.info`, Debian 13 `ubuntu.info`.
            guard let archive = ["debian.info": AptArchive.debian, "ubuntu.info": .ubuntu][name.lowercased()] else {
                continue
            }
            let bytes = try Files.readIfThere(descriptionsFolder.appending(name)) ?? []
            descriptions[archive] = String(decoding: bytes, as: UTF8.self)
        }
        return AptMirrors(
            environment: ProcessInfo.processInfo.environment,
            targets: output.text.split(separator: "\n").compactMap(Target.init),
            descriptions: descriptions)
    }

    /// The mirror of `archive`, and the keys that sign it.
    func endpoint(of archive: AptArchive) throws(KernelStoreError) -> AptEndpoint {
        let keyring = archive.keyring
        guard try Files.status(keyring.file) != nil else {
            throw .keyringMissing(archive, file: keyring.file, package: keyring.package)
        }
        return AptEndpoint(mirror: try mirror(of: archive), keyring: keyring.file)
    }

    func mirror(of archive: AptArchive) throws(KernelStoreError) -> String {
        let found =
            named[archive]
            ?? environment[archive.mirrorVariable].flatMap { $0.isEmpty ? nil : $0 }
            ?? targets.first { $0.serves(archive) }?.site
            ?? described(archive)
        guard let found else {
            throw .mirrorUnknown(archive, variable: archive.mirrorVariable, package: Self.descriptionsPackage)
        }
        return found
    }

    /// Every full mirror has Debian's security archive next to the main one, as `debian-security`.
    private func described(_ archive: AptArchive) -> String? {
        switch archive {
        case .debian, .ubuntu: return descriptions[archive].flatMap(Self.baseURI)
        case .debianSecurity:
            guard let main = try? mirror(of: .debian) else { return nil }
            let trimmed = main.hasSuffix("/") ? String(main.dropLast()) : main
            return trimmed.hasSuffix("/debian") ? trimmed + "-security" : nil
        }
    }

    /// The first address that serves amd64.
    ///
    /// `BaseURI-<architecture>` takes precedence over `BaseURI`, which for Ubuntu is the archive of its other
    /// architectures.
    private static func baseURI(in description: String) -> String? {
        let lines: [Substring] = description.split(separator: "\n")
        for key in ["BaseURI-amd64: ", "BaseURI: "] {
            if let line = lines.first(where: { $0.hasPrefix(key) }) { return line.dropFirst(key.count).trimmingSpace }
        }
        return nil
    }
}

extension AptMirrors.Target {
    init?(_ line: Substring) {
        let fields = line.split(separator: "|" as Character, omittingEmptySubsequences: false).map(String.init)
        guard fields.count == 4, !fields[2].isEmpty else { return nil }
        self.init(origin: fields[0], label: fields[1], site: fields[2], suite: fields[3])
    }

    /// According to the archive's Origin; before the machine's first `apt-get update`, according to its URL.
    func serves(_ archive: AptArchive) -> Bool {
        let isSecurity = label == "Debian-Security" || suite.hasSuffix("-security") || suite.hasSuffix("/updates")
        let path = site.hasSuffix("/") ? String(site.dropLast()) : site
        return switch archive {
        case .debian: origin.isEmpty ? path.hasSuffix("/debian") : origin == "Debian" && !isSecurity
        case .debianSecurity:
            origin.isEmpty ? path.hasSuffix("/debian-security") : origin == "Debian" && isSecurity
        case .ubuntu: origin.isEmpty ? path.hasSuffix("/ubuntu") : origin == "Ubuntu" && !isSecurity
        }
    }
}

/// What apt needs to read an archive.
struct AptEndpoint: Sendable, Equatable {
    let mirror: String
    /// The keys for checking the archive's signature.
    let keyring: FilePath

    static func onThisMachine(
        _ archive: AptArchive, mirrors: [AptArchive: String]
    ) async throws(KernelStoreError) -> AptEndpoint {
        var known = try await AptMirrors.ofThisMachine()
        known.named = mirrors
        return try known.endpoint(of: archive)
    }
}

extension AptArchive {
    var mirrorVariable: String {
        switch self {
        case .debian: "COMPAT_MATRIX_DEBIAN_MIRROR"
        case .debianSecurity: "COMPAT_MATRIX_DEBIAN_SECURITY_MIRROR"
        case .ubuntu: "COMPAT_MATRIX_UBUNTU_MIRROR"
        }
    }

    /// The archive's keys, and the package that provides them.
    var keyring: (file: FilePath, package: String) {
        switch self {
        case .debian, .debianSecurity:
            ("/usr/share/keyrings/debian-archive-keyring.gpg", "debian-archive-keyring")
        case .ubuntu: ("/usr/share/keyrings/ubuntu-archive-keyring.gpg", "ubuntu-archive-keyring")
        }
    }
}
