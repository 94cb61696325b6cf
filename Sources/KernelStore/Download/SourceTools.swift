import SystemPackage

/// What it takes to bring kernels that come from no apt archive.
struct SourceTools: Sendable {
    var limits = DownloadLimits()
    /// Where distribution-gpg-keys puts the vendors' keys.
    var vendorKeys: FilePath = "/usr/share/distribution-gpg-keys"
    /// For a registry on the loopback.
    var registriesArePlain = false
}
