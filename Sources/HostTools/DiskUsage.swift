internal import FoundationEssentials
internal import Glibc
package import SystemPackage

/// The disk usage of a file, or of a folder with its contents.
package struct DiskUsage: Sendable, Equatable {
    /// The size on disk, which is less than the length for a file with holes.
    package private(set) var bytes = 0
    /// The time of the last write or read, since 1970; the system may record reads only once a day.
    package private(set) var lastUse: Duration = .zero

    /// Zero for a missing file.
    package init(of path: FilePath) {
        var status = stat()
        guard lstat(path.string, &status) == 0 else { return }
        bytes = Int(status.st_blocks) * 512
        guard status.st_mode & S_IFMT == S_IFDIR else {
            lastUse = max(Duration(status.st_atim), Duration(status.st_mtim))
            return
        }
        for name in Self.names(in: path) {
            let part = DiskUsage(of: path.appending(name))
            bytes += part.bytes
            lastUse = max(lastUse, part.lastUse)
        }
    }

    static func names(in folder: FilePath) -> [String] {
        (try? FileManager.default.contentsOfDirectory(atPath: folder.string)) ?? []
    }
}

extension Duration {
    fileprivate init(_ time: timespec) {
        self = .seconds(time.tv_sec) + .nanoseconds(time.tv_nsec)
    }
}
