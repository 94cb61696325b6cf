import Glibc
import SystemPackage

extension Files {
    /// Whether the file system of `file` has next to no room left for this user.
    ///
    /// For programs that say that they could not write and not why.
    static func isFull(_ file: FilePath) -> Bool {
        var status = statvfs()
        guard file.withPlatformString({ statvfs($0, &status) }) == 0 else { return false }
        return status.f_bavail * UInt(status.f_frsize) < 64 * 1024
    }
}
