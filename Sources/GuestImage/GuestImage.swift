internal import Foundation
internal import HostTools
package import SystemPackage

/// An initramfs on disk.
package struct InitramfsFile: Sendable, Hashable {
    package let path: FilePath
    /// SHA-256 of the file, in hex.
    package let digest: String
    /// Names of the loaders in it.
    package let loaders: Set<String>
}

/// The file system that every kernel boots into: the agent as /init, loaders in /bin, and programs of this machine.
package struct GuestImage: Sendable {
    private let files: [Initramfs.File]
    /// The digest of everything in it except loaders.
    private let digestWithoutLoaders: String
    /// The digest of each loader in it, by name.
    private let loaderDigests: [String: String]

    /// Names of the loaders in it.
    package var loaders: Set<String> { Set(loaderDigests.keys) }

    /// The digest of the guest as seen by a cell of `loader`, without the other loaders of the image.
    ///
    /// The loader itself may not be part of it.
    package func digest(for loader: String) -> String {
        [digestWithoutLoaders, loaderDigests[loader]].compactMap(\.self).joined(separator: " ")
    }

    /// The image that runs use: `programs`, this machine's own bash if it has one (triggers need it), and those
    /// `loaders` of the folder, or all of its loaders.
    ///
    /// - Throws: `GuestImageError`.
    package static func withShell(
        binaries folder: FilePath, loaders: Set<String>? = nil, programs: [DynamicProgram] = []
    ) async throws(GuestImageError) -> GuestImage {
        let isThere = FileManager.default.isExecutableFile(atPath: shell.string)
        let shells = isThere ? [try await DynamicProgram(shell)] : []
        return try GuestImage(binaries: folder, loaders: loaders, programs: shells + programs)
    }

    /// The path that probes of bash use.
    private static let shell: FilePath = "/bin/bash"

    /// Reads the binaries in `folder` (`agent`, and those of `loader-*` that are among `loaders`) and `programs`.
    ///
    /// Programs come with their libraries, at the same paths as on this machine.
    ///
    /// - Throws: `GuestImageError`.
    package init(
        binaries folder: FilePath, loaders: Set<String>? = nil, programs: [DynamicProgram] = []
    ) throws(GuestImageError) {
        let (agent, loaders) = try Self.binaries(in: folder, loaders: loaders)
        let shell = try Self.binary("shell.so", in: folder, path: Self.shellObject)
        let others = try [agent, shell] + Self.files(of: programs)
        loaderDigests = Dictionary(
            uniqueKeysWithValues: loaders.map { (String($0.path.trimmingPrefix(Self.loaderPath)), Digest.of($0.bytes)) }
        )
        digestWithoutLoaders = Digest.of(
            Data(others.map { "\(Digest.of($0.bytes)) \($0.path)" }.joined(separator: "\n").utf8))
        files = [agent] + loaders + others.dropFirst()
    }

    /// The initramfs of this image, written to `cache` unless it is there already.
    ///
    /// It is not compressed, because unpacking gzip under TCG takes longer than reading it.
    ///
    /// - Throws: `GuestImageError`.
    package func initramfs(in cache: FilePath) throws(GuestImageError) -> InitramfsFile {
        let archive = try Initramfs(files: files).archive()
        let digest = Digest.of(archive)
        let path = cache.appending("guest-\(digest.prefix(16)).cpio")
        let file = InitramfsFile(path: path, digest: digest, loaders: loaders)
        guard !FileManager.default.fileExists(atPath: path.string) else { return file }
        do {
            try PrivateFolder.create(cache)
            try AtomicFile.write(archive, to: path)
        } catch let error as Errno {
            throw .cannotWrite(path, reason: "\(error)")
        } catch {
            throw .cannotWrite(path, reason: error.localizedDescription)
        }
        return file
    }

    private static let loaderPath = "bin/loader-"
    /// The builtin in which the guest's bash waits for triggers; `CMX_SHELL_OBJECT` of `images/guest/shell/protocol.h`.
    private static let shellObject = "lib/compat-matrix/shell.so"

    private static func binaries(
        in folder: FilePath, loaders wanted: Set<String>?
    ) throws(GuestImageError) -> (agent: Initramfs.File, loaders: [Initramfs.File]) {
        let names = ((try? FileManager.default.contentsOfDirectory(atPath: folder.string)) ?? []).sorted()
        var loaders: [Initramfs.File] = []
        for name in names where name.hasPrefix("loader-") {
            guard wanted?.contains(String(name.trimmingPrefix("loader-"))) ?? true else { continue }
            loaders.append(try binary(name, in: folder, path: "bin/\(name)"))
        }
        guard !loaders.isEmpty else { throw .binariesMissing(folder) }
        return (try binary("agent", in: folder, path: "init"), loaders)
    }

    private static func binary(
        _ name: String, in folder: FilePath, path: String
    ) throws(GuestImageError) -> Initramfs.File {
        guard let bytes = FileManager.default.contents(atPath: folder.appending(name).string) else {
            throw .binariesMissing(folder)
        }
        return Initramfs.File(path: path, bytes: bytes)
    }

    private static func files(of programs: [DynamicProgram]) throws(GuestImageError) -> [Initramfs.File] {
        var files: [Initramfs.File] = []
        for path in Set(programs.flatMap { [$0.path] + $0.libraries }).sorted(by: { $0.string < $1.string }) {
            // The guest gets the file that a link refers to, so its folders are not links.
            guard let bytes = FileManager.default.contents(atPath: path.string) else { throw .cannotRead(path) }
            files.append(Initramfs.File(path: path.removingRoot().string, bytes: bytes))
        }
        return files
    }
}
