internal import FoundationEssentials
internal import Glibc
package import SystemPackage

/// Folders and files that are removed when they are no longer needed, or when their process is gone.
package enum TemporaryFolder {
    /// A unique name in the folder of `file` that identifies the process that uses it.
    package static func name(beside file: FilePath) -> FilePath {
        let name = file.lastComponent?.string ?? "file"
        return file.removingLastComponent()
            .appending(".\(name).\(getpid())-\(String(UInt32.random(in: 0 ... .max), radix: 16)).new")
    }

    /// Whether `name` was created by `name(beside:)` for a process that is gone.
    package static func isAbandoned(_ name: String) -> Bool {
        guard let match = name.wholeMatch(of: /\..+\.([0-9]+)-[0-9a-f]+\.new/), let process = pid_t(match.1) else {
            return false
        }
        return kill(process, 0) != 0 && errno == ESRCH
    }

    /// Passes a new folder next to `file` to `body`, and removes it with its contents when `body` returns or throws.
    ///
    /// - Throws: `Errno` if the folder cannot be created, and what `body` throws.
    package static func with<Value>(
        beside file: FilePath, _ body: (FilePath) async throws -> Value
    ) async throws -> Value {
        let folder = name(beside: file)
        guard mkdir(folder.string, 0o755) == 0 else { throw Errno(rawValue: errno) }
        defer { try? FileManager.default.removeItem(atPath: folder.string) }
        return try await body(folder)
    }
}
