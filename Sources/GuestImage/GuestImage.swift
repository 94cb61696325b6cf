internal import Crypto
internal import Foundation
package import SystemPackage

/// The initramfs that every kernel boots: the agent as /init, the loaders in /bin, and programs of this machine.
package struct GuestImage: Sendable, Equatable {
    package let path: FilePath
    /// SHA-256 of the file, in hex.
    package let digest: String

    /// The image that runs use: with this machine's own bash, which triggers need, where there is one, beside `programs`.
    ///
    /// - Throws: `GuestImageError`.
    package static func withShell(
        binaries folder: FilePath, programs: [DynamicProgram] = [], cache: FilePath
    ) async throws(GuestImageError) -> GuestImage {
        let isThere = FileManager.default.isExecutableFile(atPath: shell.string)
        let shells = isThere ? [try await DynamicProgram(shell)] : []
        return try GuestImage(binaries: folder, programs: shells + programs, cache: cache)
    }

    /// Where probes of bash look for it.
    private static let shell: FilePath = "/bin/bash"

    /// Writes the initramfs for the binaries in `folder` (`agent` and `loader-*`) into `cache`, unless it is there.
    ///
    /// `programs` come with their libraries, each at the path that it has here. It is not compressed: unpacking gzip under
    /// TCG takes longer than reading it.
    ///
    /// - Throws: `GuestImageError`.
    package init(
        binaries folder: FilePath, programs: [DynamicProgram] = [], cache: FilePath
    ) throws(GuestImageError) {
        let files = try Self.binaries(in: folder) + Self.files(of: programs)
        let archive = try Initramfs(files: files).archive()
        digest = SHA256.hash(data: archive).map { String(format: "%02x", $0) }.joined()
        path = cache.appending("guest-\(digest.prefix(16)).cpio")
        guard !FileManager.default.fileExists(atPath: path.string) else { return }
        do {
            try FileManager.default.createDirectory(atPath: cache.string, withIntermediateDirectories: true)
            try Data(archive).write(to: URL(filePath: path.string), options: .atomic)
        } catch {
            throw .cannotWrite(path, reason: error.localizedDescription)
        }
    }

    private static func binaries(in folder: FilePath) throws(GuestImageError) -> [Initramfs.File] {
        let names = ((try? FileManager.default.contentsOfDirectory(atPath: folder.string)) ?? []).sorted()
        guard names.contains("agent"), names.contains(where: { $0.hasPrefix("loader-") }) else {
            throw .binariesMissing(folder)
        }
        var files: [Initramfs.File] = []
        for name in names where name == "agent" || name.hasPrefix("loader-") {
            guard let bytes = FileManager.default.contents(atPath: folder.appending(name).string) else {
                throw .binariesMissing(folder)
            }
            files.append(Initramfs.File(path: name == "agent" ? "init" : "bin/\(name)", bytes: bytes))
        }
        return files
    }

    private static func files(of programs: [DynamicProgram]) throws(GuestImageError) -> [Initramfs.File] {
        var files: [Initramfs.File] = []
        for path in Set(programs.flatMap { [$0.path] + $0.libraries }).sorted(by: { $0.string < $1.string }) {
            // What a link names is what the guest gets: its folders are no links.
            guard let bytes = FileManager.default.contents(atPath: path.string) else { throw .cannotRead(path) }
            files.append(Initramfs.File(path: path.removingRoot().string, bytes: bytes))
        }
        return files
    }
}
