internal import CArchive
internal import Foundation

/// The archive that a kernel unpacks as its first file system.
struct Initramfs {
    struct File: Sendable {
        /// Relative to the root.
        var path: String
        var bytes: Data
    }

    var files: [File]

    /// The archive's bytes.
    ///
    /// The same files give the same bytes: no times, no owners, and inode numbers in the order of the files.
    func archive() throws(GuestImageError) -> [UInt8] {
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
            for folder in folders {
                guard Self.add(writer, folder, mode: 0o40755, bytes: Data()) else { return Self.complaint(writer) }
            }
            // The kernel opens it for PID 1 before devtmpfs is mounted.
            guard Self.add(writer, "dev/console", mode: 0o20600, bytes: Data(), device: (5, 1)) else {
                return Self.complaint(writer)
            }
            for file in files {
                guard Self.add(writer, file.path, mode: 0o100755, bytes: file.bytes) else {
                    return Self.complaint(writer)
                }
            }
            return archive_write_close(writer) == ARCHIVE_OK ? nil : Self.complaint(writer)
        }
        if let failure { throw .archive(failure) }
        return Array(output.prefix(used))
    }

    /// The folders of the files and the mount points of the agent, each after its parent.
    private var folders: [String] {
        var folders: Set<String> = ["bin", "dev", "proc", "sys", "tmp"]
        for file in files {
            var path = file.path[...]
            while let slash = path.lastIndex(of: "/") {
                path = path[..<slash]
                folders.insert(String(path))
            }
        }
        return folders.sorted()
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
