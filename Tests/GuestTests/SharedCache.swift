import Foundation
import SystemPackage

/// Caches that the tests of one process share, and that are gone when it ends.
///
/// A kernel boots once for all tests that start guests of the same image. Tests of what boots and what is restored keep
/// snapshots of their own.
enum SharedCache {
    private static let folder: FilePath = {
        let folder = FilePath(NSTemporaryDirectory()).appending("guest-tests-shared-\(getpid())")
        atexit { try? FileManager.default.removeItem(atPath: SharedCache.folder.string) }
        return folder
    }()

    /// The cache in which tests that need no installed command compile the repository's probes.
    static let compiled = folder.appending("compiled")

    /// Snapshots of what `compat-matrix` boots as installed.
    static let snapshots = folder.appending("snapshots")

    /// Snapshots of guests of one image: a new snapshot replaces those of other images with the same loaders.
    static func snapshots(initramfsDigest digest: String) -> FilePath {
        folder.appending("snapshots-\(digest.prefix(16))")
    }
}
