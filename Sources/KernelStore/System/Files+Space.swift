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

    /// What all files below `folder` take, in bytes.
    static func size(below folder: FilePath) throws(KernelStoreError) -> Int64 {
        var size: Int64 = 0
        for name in try names(in: folder) {
            let path = folder.appending(name)
            guard let status = try status(path) else { continue }
            size += status.type == .directory ? try self.size(below: path) : status.size
        }
        return size
    }
}
