internal import CArchive
internal import Crypto
internal import Foundation
package import SystemPackage

/// The initramfs that every kernel boots: the agent as /init, the loaders in /bin, nothing else.
package struct GuestImage: Sendable, Equatable {
    package let path: FilePath
    /// SHA-256 of the file, in hex.
    package let digest: String

    /// Writes the initramfs for the binaries in `folder` (`agent` and `loader-*`) into `cache`, unless it is there.
    ///
    /// It is not compressed: unpacking gzip under TCG takes longer than reading the 2.5 MB.
    ///
    /// - Throws: `GuestImageError`.
    package init(binaries folder: FilePath, cache: FilePath) throws(GuestImageError) {
        let archive = try Self.initramfs(of: try Self.files(in: folder))
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

    private struct File {
        var path: String
        var bytes: Data
    }

    private static func files(in folder: FilePath) throws(GuestImageError) -> [File] {
        let names = ((try? FileManager.default.contentsOfDirectory(atPath: folder.string)) ?? []).sorted()
        guard names.contains("agent"), names.contains(where: { $0.hasPrefix("loader-") }) else {
            throw .binariesMissing(folder)
        }
        var files: [File] = []
        for name in names where name == "agent" || name.hasPrefix("loader-") {
            guard let bytes = FileManager.default.contents(atPath: folder.appending(name).string) else {
                throw .binariesMissing(folder)
            }
            files.append(File(path: name == "agent" ? "init" : "bin/\(name)", bytes: bytes))
        }
        return files
    }

    /// The same files give the same bytes: no times, no owners, inode numbers in the order of the files.
    private static func initramfs(of files: [File]) throws(GuestImageError) -> [UInt8] {
        var capacity = 64 << 10
        for file in files { capacity += file.bytes.count + 4096 }
        var output = [UInt8](repeating: 0, count: capacity)
        var used = 0
        guard let writer = archive_write_new() else { throw .archive("out of memory") }
        defer { archive_write_free(writer) }
        archive_write_set_format_cpio_newc(writer)
        archive_write_set_bytes_per_block(writer, 0)
        let failure: String? = output.withUnsafeMutableBytes { buffer in
            guard archive_write_open_memory(writer, buffer.baseAddress, buffer.count, &used) == ARCHIVE_OK else {
                return Self.complaint(writer)
            }
            for folder in ["bin", "dev", "proc", "sys", "tmp"] {
                guard add(writer, folder, mode: 0o40755, bytes: Data()) else { return Self.complaint(writer) }
            }
            // The kernel opens it for PID 1 before devtmpfs is there.
            guard add(writer, "dev/console", mode: 0o20600, bytes: Data(), device: (5, 1)) else {
                return Self.complaint(writer)
            }
            for file in files {
                guard add(writer, file.path, mode: 0o100755, bytes: file.bytes) else { return Self.complaint(writer) }
            }
            return archive_write_close(writer) == ARCHIVE_OK ? nil : Self.complaint(writer)
        }
        if let failure { throw .archive(failure) }
        return Array(output.prefix(used))
    }

    private static func add(
        _ writer: OpaquePointer, _ path: String, mode: mode_t, bytes: Data, device: (major: UInt, minor: UInt)? = nil
    ) -> Bool {
        guard let entry = archive_entry_new() else { return false }
        defer { archive_entry_free(entry) }
        archive_entry_set_pathname(entry, path)
        archive_entry_set_mode(entry, mode)
        archive_entry_set_size(entry, la_int64_t(bytes.count))
        archive_entry_set_mtime(entry, 0, 0)
        if let device {
            archive_entry_set_rdevmajor(entry, dev_t(device.major))
            archive_entry_set_rdevminor(entry, dev_t(device.minor))
        }
        guard archive_write_header(writer, entry) == ARCHIVE_OK else { return false }
        let written = bytes.withUnsafeBytes { archive_write_data(writer, $0.baseAddress, $0.count) }
        return written == bytes.count
    }

    private static func complaint(_ writer: OpaquePointer) -> String {
        archive_error_string(writer).map { String(cString: $0) } ?? "unknown error of libarchive"
    }
}

package enum GuestImageError: Error, Equatable, CustomStringConvertible {
    case binariesMissing(FilePath)
    case archive(String)
    case cannotWrite(FilePath, reason: String)

    package var description: String {
        switch self {
        case .binariesMissing(let folder):
            "\(folder) lacks the guest's agent and loaders; 'make guest' in the repository builds them"
        case .archive(let message): "cannot write the guest's initramfs: \(message)"
        case .cannotWrite(let path, let reason): "cannot write \(path): \(reason)"
        }
    }
}
