import SystemPackage

/// What kernels are brought with that no index of apt's describes.
struct SourceTools: Sendable {
    var limits = DownloadLimits()
    /// Where distribution-gpg-keys puts the vendors' keys.
    var vendorKeys: FilePath = "/usr/share/distribution-gpg-keys"
    /// For a registry on the loopback.
    var registriesArePlain = false
}
