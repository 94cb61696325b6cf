package import MatrixModel
package import SystemPackage

/// A kernel that is on this machine and can be booted.
package struct KernelImage: Sendable, Hashable {
    package let id: KernelID
    /// The bzImage in the cache.
    package let path: FilePath
    /// The `CONFIG_…` file, from the kernel's own file, a package that comes with it or what the manifest names;
    /// `nil` when none holds it.
    package let config: FilePath?
    /// Of the bzImage, in lower-case hexadecimal.
    package let sha256: String
    /// Where it came from, for people: package and version, a path, a URL or an image of a registry.
    package let origin: String
    /// From the image header; only a label, the release reported by the guest takes precedence.
    package let releaseLabel: String
}

/// What the cache remembers beside an image, so that a run need not read 14 MB to know what it has.
struct ImageRecord: Codable, Equatable {
    /// The manifest's source when the image was taken; another source makes the image stale.
    var source: String
    var origin: String
    var release: String
    var lock: LockedKernel
    /// Whether all packages that could hold the config were searched; missing in records of before there was a search.
    var isSearchedForConfig: Bool?
    /// SHA-256 of the config next to the image; `nil` if there is none, and in records of versions that did not store
    /// it.
    var configDigest: String?
    /// The same for the packages that could hold modules.
    var isSearchedForModules: Bool?
    /// In bytes.
    var size: Int64
    /// Nanoseconds since 1970.
    var modified: Int64
}
