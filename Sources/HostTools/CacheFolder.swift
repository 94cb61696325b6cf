internal import FoundationEssentials
internal import Glibc
package import SystemPackage

/// The folder of files that runs recreate if they are missing.
package struct CacheFolder: Sendable {
    package let path: FilePath

    package init(_ path: FilePath) { self.path = path }

    /// The kinds of files in it.
    package enum Kind: String, Sendable, CaseIterable {
        case snapshots
        case guestImages = "guest images"
        case probes = "compiled probes"
        case host = "facts about this machine"
        case kernels
        case packageLists = "package lists"

        /// Whether recreating it requires network access, or a file of the user's.
        package var isFetched: Bool { [.kernels, .packageLists].contains(self) }

        fileprivate init?(_ name: String) {
            switch name {
            case "snapshots": self = .snapshots
            case "probes": self = .probes
            case "kernels", "offered", "downloads", "unavailable": self = .kernels
            case "apt": self = .packageLists
            case _ where name.hasPrefix("host-"): self = .host
            case _ where name.hasPrefix("guest-") && name.hasSuffix(".cpio"): self = .guestImages
            default: return nil
            }
        }
    }

    /// An entry that is removed as a whole.
    package struct Entry: Sendable, Equatable {
        package var path: FilePath
        package var kind: Kind
        /// Its size on disk.
        package var bytes: Int
        /// The time of the last write or read; the system may record reads only once a day.
        package var lastUse: Duration
    }

    package var exists: Bool { access(path.string, F_OK) == 0 }

    /// Declares that this process uses the cache: until it ends or releases the lock, nothing is removed.
    package func use() async throws -> FileLock {
        try PrivateFolder.create(path)
        return try await FileLock(sharing: path)
    }

    /// The same for the rest of this process.
    ///
    /// A cache that cannot be locked cannot be written either, which is reported later.
    package func useUntilExit() async { _ = try? await use() }

    /// The program's own entries in the folder, which may also contain other files.
    package func entries() -> [Entry] {
        Self.names(in: path).flatMap { name -> [Entry] in
            guard let kind = Kind(name) else { return [] }
            let path = path.appending(name)
            let isFolderOfEntries = kind == .snapshots || kind == .probes
            let paths = isFolderOfEntries ? Self.names(in: path).map { path.appending($0) } : [path]
            return paths.map { path in
                let usage = DiskUsage(of: path)
                return Entry(path: path, kind: kind, bytes: usage.bytes, lastUse: usage.lastUse)
            }
        }
    }

    /// Removes entries, least recently used first, until those that can be recreated without the network take at most
    /// `limit` bytes.
    ///
    /// - Returns: The removed entries; `nil` if nothing was attempted because another process uses the cache.
    package func trim(to limit: Int) -> [Entry]? {
        alone {
            let entries = entries().filter { !$0.kind.isFetched }.sorted { $0.lastUse < $1.lastUse }
            var total = entries.reduce(0) { $0 + $1.bytes }
            return entries.filter { entry in
                guard total > limit, Self.remove(entry.path) == nil else { return false }
                total -= entry.bytes
                return true
            }
        }
    }

    /// The result of `clear`.
    package struct Clearance: Sendable {
        package var removed: [Entry] = []
        package var failures: [(path: FilePath, reason: String)] = []
    }

    /// Removes files that can be recreated, and files that have to be fetched again only if `fetched` is set.
    ///
    /// - Returns: `nil` if nothing was attempted because another process uses the cache.
    package func clear(fetched: Bool) -> Clearance? {
        alone {
            var clearance = Clearance()
            for entry in entries() where fetched || !entry.kind.isFetched {
                if let reason = Self.remove(entry.path) {
                    clearance.failures.append((entry.path, reason))
                } else {
                    clearance.removed.append(entry)
                }
            }
            return clearance
        }
    }

    private func alone<Value>(_ body: () -> Value) -> Value? {
        guard let lock = try? FileLock(ifFree: path) else { return nil }
        defer { lock.release() }
        return body()
    }

    /// Why it could not be removed.
    private static func remove(_ path: FilePath) -> String? {
        do { try FileManager.default.removeItem(atPath: path.string) } catch { return error.reason }
        return nil
    }

    private static func names(in folder: FilePath) -> [String] { DiskUsage.names(in: folder).sorted() }
}
