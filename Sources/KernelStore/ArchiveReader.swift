import CArchive
import SystemPackage

/// One archive being read by libarchive; freed when it goes out of scope.
struct ArchiveReader: ~Copyable {
    private let handle: OpaquePointer

    private init() throws(ArchiveProblem) {
        guard let handle = archive_read_new() else { throw ArchiveProblem(text: "libarchive has no memory") }
        self.handle = handle
    }

    deinit { archive_read_free(handle) }

    /// Opens `file` as an `ar` archive, which is what a `.deb` is.
    static func ar(_ file: FilePath) throws(ArchiveProblem) -> ArchiveReader {
        let reader = try ArchiveReader()
        archive_read_support_format_ar(reader.handle)
        try reader.check(file.withPlatformString { archive_read_open_filename(reader.handle, $0, 256 * 1024) })
        return reader
    }

    /// Reads the entry at which this archive stands as a tar archive, compressed in any of the ways of Debian's tools.
    ///
    /// The bytes come from here block by block, without a copy, so the inner archive lives no longer than `body`.
    func withTar<Value>(_ body: (borrowing ArchiveReader) throws -> Value) throws -> Value {
        let reader = try ArchiveReader()
        archive_read_support_format_tar(reader.handle)
        archive_read_support_filter_xz(reader.handle)
        archive_read_support_filter_zstd(reader.handle)
        archive_read_support_filter_gzip(reader.handle)
        try reader.check(archive_read_open(reader.handle, UnsafeMutableRawPointer(handle), nil, readNextBlock, nil))
        return try body(reader)
    }

    /// The next entry; `nil` after the last.
    func next() throws(ArchiveProblem) -> ArchiveEntry? {
        var entry: OpaquePointer?
        let result = archive_read_next_header(handle, &entry)
        guard result != ARCHIVE_EOF, let entry else {
            try check(result == ARCHIVE_EOF ? ARCHIVE_OK : result)
            return nil
        }
        try check(result)
        return ArchiveEntry(
            path: archive_entry_pathname(entry).map { String(cString: $0) } ?? "",
            size: archive_entry_size(entry),
            isPlainFile: archive_entry_filetype(entry) == S_IFREG && archive_entry_hardlink(entry) == nil,
            headerOffset: archive_read_header_position(handle))
    }

    /// Hands the data of the current entry to `body`, block by block.
    func forEachBlock(_ body: (UnsafeRawBufferPointer) throws -> Void) throws {
        var block: UnsafeRawPointer?
        var size = 0
        var offset: la_int64_t = 0
        while true {
            let result = archive_read_data_block(handle, &block, &size, &offset)
            guard result != ARCHIVE_EOF else { return }
            try check(result)
            try body(UnsafeRawBufferPointer(start: block, count: size))
        }
    }

    /// Warnings are fine (a name that is not UTF-8, say); anything below means that the data cannot be had.
    private func check(_ result: CInt) throws(ArchiveProblem) {
        guard result < ARCHIVE_WARN else { return }
        throw ArchiveProblem(text: archive_error_string(handle).map { String(cString: $0) } ?? "unreadable")
    }
}

/// libarchive's read callback of an archive inside `outer`.
private func readNextBlock(
    _: OpaquePointer?, outer: UnsafeMutableRawPointer?, block: UnsafeMutablePointer<UnsafeRawPointer?>?
) -> Int {
    var size = 0
    var offset: la_int64_t = 0
    // The block that libarchive hands out stays valid until the next call, which is what this callback promises.
    let result = archive_read_data_block(outer.map { OpaquePointer($0) }, block, &size, &offset)
    return result == ARCHIVE_EOF ? 0 : result < ARCHIVE_OK ? -1 : size
}

struct ArchiveEntry: Equatable {
    /// As the archive spells it: never a place to write to.
    let path: String
    /// In bytes.
    let size: Int64
    /// Neither a folder nor any kind of link.
    let isPlainFile: Bool
    /// Where the entry's header starts in the archive.
    let headerOffset: Int64

    /// The names along the path, `./boot/vmlinuz` as `boot`, `vmlinuz`.
    var components: [Substring] { path.split(separator: "/").filter { $0 != "." } }
}

/// What libarchive said; whoever knows the file puts its name to it.
struct ArchiveProblem: Error, Equatable {
    let text: String
}
