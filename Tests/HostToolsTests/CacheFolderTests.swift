import Foundation
import HostTools
import SystemPackage
import TestSupport
import Testing

/// What is removed from the cache, and what never is.
@Suite struct CacheFolderTests {
    /// Writes files of a mebibyte, the first of them the oldest.
    private static func fill(_ folder: FilePath, _ names: [String]) throws {
        for (age, name) in names.enumerated() {
            let file = folder.pushing(FilePath(name))
            try FileManager.default.createDirectory(
                atPath: file.removingLastComponent().string, withIntermediateDirectories: true)
            try Data(repeating: 1, count: 1 << 20).write(to: URL(filePath: file.string))
            var times = [timespec](repeating: timespec(tv_sec: 1_700_000_000 + age, tv_nsec: 0), count: 2)
            #expect(utimensat(AT_FDCWD, file.string, &times, 0) == 0)
        }
    }

    private static func names(_ entries: [CacheFolder.Entry]?, in folder: FilePath) -> [String]? {
        entries?.map { String($0.path.string.dropFirst(folder.string.count + 1)) }
    }

    @Test func leastRecentlyUsedIsRemovedFirst() async throws {
        try await withFolder { folder in
            try Self.fill(
                folder,
                [
                    "kernels/a/vmlinuz", "snapshots/old.snapshot", "notes.txt", "probes/p/v.bpf.o", "guest-1.cpio",
                    "snapshots/new.snapshot",
                ])
            let cache = CacheFolder(folder)
            let folders = 64 << 10  // They take some space, too.
            #expect(Self.names(cache.trim(to: 4 << 20 + folders), in: folder) == [])
            #expect(
                Self.names(cache.trim(to: 2 << 20 + folders), in: folder) == ["snapshots/old.snapshot", "probes/p"])
            #expect(Self.names(cache.trim(to: 0), in: folder) == ["guest-1.cpio", "snapshots/new.snapshot"])
            // What has to be fetched, and what is not ours, stays.
            for name in ["kernels/a/vmlinuz", "notes.txt"] {
                #expect(FileManager.default.fileExists(atPath: folder.pushing(FilePath(name)).string))
            }
        }
    }

    @Test func nothingIsRemovedWhileInUse() async throws {
        try await withFolder { folder in
            try Self.fill(folder, ["snapshots/a.snapshot"])
            let cache = CacheFolder(folder)
            let (first, second) = (try await cache.use(), try await cache.use())
            #expect(cache.trim(to: 0) == nil)
            #expect(cache.clear(fetched: true) == nil)
            first.release()
            #expect(cache.trim(to: 0) == nil)
            second.release()
            #expect(cache.trim(to: 0)?.count == 1)
        }
    }

    /// Whoever can write a snapshot decides what later runs say.
    @Test func onlyThisUserCanWrite() async throws {
        try await withFolder { folder in
            let snapshots = folder.appending("new").appending("snapshots")
            try PrivateFolder.create(snapshots)
            #expect(try Stat(snapshots).permissions == .ownerReadWriteExecute)
            let file = snapshots.appending("a.snapshot")
            try Data("x".utf8).write(to: URL(filePath: file.string))
            #expect(chmod(file.string, 0o644) == 0 && PrivateFolder.isOurs(file))
            #expect(chmod(file.string, 0o666) == 0 && !PrivateFolder.isOurs(file))
            #expect(
                chmod(file.string, 0o644) == 0 && chmod(snapshots.string, 0o777) == 0 && !PrivateFolder.isOurs(file))
            try PrivateFolder.create(snapshots)
            #expect(PrivateFolder.isOurs(file))
        }
    }
}
