internal import FoundationEssentials
internal import Glibc
package import SystemPackage

/// Folders with data that later runs trust, so no other user may write to them.
package enum PrivateFolder {
    /// Creates `path` and its parent folders for this user alone; removes other users' write permission from an
    /// existing folder of this user's.
    ///
    /// - Throws: `Errno`, or an error of Foundation.
    package static func create(_ path: FilePath) throws {
        try FileManager.default.createDirectory(
            atPath: path.string, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
        var status = stat()
        guard stat(path.string, &status) == 0 else { throw Errno(rawValue: errno) }
        guard status.st_uid == geteuid(), status.st_mode & othersWrite != 0 else { return }
        guard chmod(path.string, status.st_mode & ~othersWrite) == 0 else { throw Errno(rawValue: errno) }
    }

    /// Whether only this user and root can have written or placed `file`.
    package static func isOurs(_ file: FilePath) -> Bool {
        [file, file.removingLastComponent()].allSatisfy { path in
            var status = stat()
            guard stat(path.string, &status) == 0 else { return false }
            return [geteuid(), 0].contains(status.st_uid) && status.st_mode & othersWrite == 0
        }
    }

    private static let othersWrite = mode_t(S_IWGRP | S_IWOTH)
}
