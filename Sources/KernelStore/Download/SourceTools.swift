import SystemPackage

/// The tools for kernels that do not come from an apt archive.
struct SourceTools: Sendable {
    var limits = DownloadLimits()
    /// Where distribution-gpg-keys puts the vendors' keys.
    var vendorKeys: FilePath = "/usr/share/distribution-gpg-keys"
    /// For a registry on the loopback.
    var registriesArePlain = false
}
