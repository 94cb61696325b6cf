package import MatrixModel
package import SystemPackage

/// A kernel on this machine that can be booted.
package struct KernelImage: Sendable, Hashable {
    package let id: KernelID
    /// The bzImage in the cache.
    package let path: FilePath
    /// The `CONFIG_…` file, from the kernel's own file, a related package, or the file that the manifest names; `nil`
    /// if none contains it.
    package let config: FilePath?
    /// The digest of the bzImage, in lower-case hexadecimal.
    package let sha256: String
    /// The origin, for people: package and version, a path, a URL, or an image in a registry.
    package let origin: String
    /// From the image header; only a label, the release reported by the guest takes precedence.
    package let releaseLabel: String
}

/// The cache's record of an image, so that a run can check it without reading 14 MB.
struct ImageRecord: Codable, Equatable {
    /// The manifest's source when the image was stored; another source makes the image stale.
    var source: String
    var origin: String
    var release: String
    var lock: LockedKernel
    /// Whether all packages that could contain the config were searched; missing in older records.
    var isSearchedForConfig: Bool?
    /// SHA-256 of the config next to the image; `nil` if there is none, and in records of versions that did not store
    /// it.
    var configDigest: String?
    /// The same for the packages that could contain modules.
    var isSearchedForModules: Bool?
    /// In bytes.
    var size: Int64
    /// Nanoseconds since 1970.
    var modified: Int64
}
