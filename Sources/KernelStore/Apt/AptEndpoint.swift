import Manifests
import SystemPackage

/// What apt needs to know to read an archive.
struct AptEndpoint: Sendable, Equatable {
    let mirror: String
    /// The keys that the archive's signature is checked against.
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

    /// The archive's keys, and the package that brings them.
    var keyring: (file: FilePath, package: String) {
        switch self {
        case .debian, .debianSecurity:
            ("/usr/share/keyrings/debian-archive-keyring.gpg", "debian-archive-keyring")
        case .ubuntu: ("/usr/share/keyrings/ubuntu-archive-keyring.gpg", "ubuntu-archive-keyring")
        }
    }
}
