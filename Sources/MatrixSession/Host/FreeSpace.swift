import Foundation
package import SystemPackage

/// Free space on a file system.
package enum FreeSpace {
    /// Bytes that this user can still write to `folder`, or to where it will be created.
    package static func bytes(at folder: FilePath) throws -> Int {
        var place = folder
        while !Workspace.isFolder(place), case let parent = place.removingLastComponent(), parent != place {
            place = parent
        }
        var status = statvfs()
        guard statvfs(place.string, &status) == 0 else { throw Errno(rawValue: errno) }
        return Int(status.f_bavail) * Int(status.f_frsize)
    }
}
