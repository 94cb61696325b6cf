package import ArgumentParser
import Foundation
import HostTools
import MatrixSession
import SystemPackage

package struct Clean: AsyncParsableCommand {
    package static let configuration = CommandConfiguration(
        commandName: "clean",
        abstract: "Remove cached files that the next run creates again.",
        discussion:
            "Stored runs are kept. After --all, a kernel that was added from a file needs that file again."
    )

    @Flag(help: "Remove kernels and package lists, too; fetching them again needs network access.") var all = false

    package init() {}

    package func run() async throws {
        let cache = try Workspace.ofThisProcess().cache
        var freed = 0
        for name in Self.names(in: cache) where Self.isDisposable(name, all: all) {
            let path = cache.appending(name)
            let size = Self.bytes(of: path)
            do {
                try FileManager.default.removeItem(atPath: path.string)
            } catch {
                throw CommandFailure(.notMeasured, "cannot remove \(path): \(error.reason)")
            }
            freed += size
        }
        print("freed \(FreeSpace.text(freed)) in \(cache)")
    }

    /// By name, and only names that this program gives: a cache folder may have been put where other things are, too.
    static func isDisposable(_ name: String, all: Bool) -> Bool {
        switch name {
        case "snapshots", "probes", "host-qemu", "host-accelerator": true
        case "kernels", "apt", "offered": all
        default: name.hasPrefix("guest-") && name.hasSuffix(".cpio")
        }
    }

    private static func names(in folder: FilePath) -> [String] {
        (try? FileManager.default.contentsOfDirectory(atPath: folder.string))?.sorted() ?? []
    }

    /// What `path` and all in it take on disk, which is less than its length for a snapshot full of holes.
    private static func bytes(of path: FilePath) -> Int {
        var status = stat()
        guard lstat(path.string, &status) == 0 else { return 0 }
        let inside = status.st_mode & S_IFMT == S_IFDIR ? names(in: path) : []
        return inside.reduce(Int(status.st_blocks) * 512) { $0 + bytes(of: path.appending($1)) }
    }
}
