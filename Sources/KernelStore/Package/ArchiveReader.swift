import CArchive
import SystemPackage

/// An archive read by libarchive; freed when it goes out of scope.
///
/// Uses only decoders inside libarchive, none that start a program.
struct ArchiveReader: ~Copyable {
    /// More than any kernel package unpacks to, including debug symbols.
    static let unpackedLimitMiB: Int64 = 4096
    static let entryLimit = 500_000

    enum Format {
        /// The format of a `.deb`.
        case ar
        /// With any supported compression.
        case tar
        /// The payload of an `.rpm`.
        case rpm
        /// A single compressed file.
        case raw
    }

    private let handle: OpaquePointer
    /// The source of a reader for a part of a file; libarchive holds a pointer to it.
    private let part: FilePart?

    private init(_ format: Format, part: FilePart? = nil) throws(ArchiveProblem) {
        guard let handle = archive_read_new() else { throw .unreadable("libarchive is out of memory") }
        self.handle = handle
        self.part = part
        switch format {
        case .ar:
            archive_read_support_format_ar(handle)
            return
        case .tar: archive_read_support_format_tar(handle)
        case .raw: archive_read_support_format_raw(handle)
        case .rpm:
            archive_read_support_format_cpio(handle)
            archive_read_support_filter_rpm(handle)
        }
        archive_read_support_filter_gzip(handle)
        archive_read_support_filter_xz(handle)
        archive_read_support_filter_zstd(handle)
        archive_read_support_filter_bzip2(handle)
        archive_read_support_filter_lzma(handle)
        archive_read_support_filter_lz4(handle)
    }

    deinit { archive_read_free(handle) }

    /// Opens a whole file.
    static func open(_ file: FilePath, _ format: Format) throws(ArchiveProblem) -> ArchiveReader {
        let reader = try ArchiveReader(format)
        try reader.check(file.withPlatformString { archive_read_open_filename(reader.handle, $0, 256 * 1024) })
        return reader
    }

    /// Opens a compressed part of a file.
    static func open(_ part: FilePart) throws(ArchiveProblem) -> ArchiveReader {
        let reader = try ArchiveReader(.raw, part: part)
        try reader.check(
            archive_read_open(reader.handle, Unmanaged.passUnretained(part).toOpaque(), nil, readPart, nil))
        return reader
    }

    /// Reads `bytes`, a single compressed file.
    static func withBytes<Value>(
        _ bytes: [UInt8], _ body: (borrowing ArchiveReader) throws -> Value
    ) throws -> Value {
        try bytes.withUnsafeBytes { buffer in
            let reader = try ArchiveReader(.raw)
            try reader.check(archive_read_open_memory(reader.handle, buffer.baseAddress, buffer.count))
            return try body(reader)
        }
    }

    /// Reads the current entry as a tar archive.
    ///
    /// The bytes are passed on block by block without a copy, so the inner archive must not outlive `body`.
    func withTar<Value>(_ body: (borrowing ArchiveReader) throws -> Value) throws -> Value {
        let reader = try ArchiveReader(.tar)
        try reader.check(archive_read_open(reader.handle, UnsafeMutableRawPointer(handle), nil, readNextBlock, nil))
        return try body(reader)
    }

    /// The next entry; `nil` after the last.
    ///
    /// Content larger than any kernel package is rejected: before it is unpacked by its declared size, and during
    /// unpacking by its actual size.
    func next() throws(ArchiveProblem) -> ArchiveEntry? {
        var pointer: OpaquePointer?
        let result = archive_read_next_header(handle, &pointer)
        guard result != ARCHIVE_EOF, let pointer else {
            try check(result == ARCHIVE_EOF ? ARCHIVE_OK : result)
            return nil
        }
        try check(result)
        try checkCompression()
        let entry = ArchiveEntry(pointer, headerOffset: archive_read_header_position(handle))
        guard archive_file_count(handle) <= Self.entryLimit else { throw .tooManyEntries(limit: Self.entryLimit) }
        try checkAmount(adding: entry.size)
        return entry
    }

    /// Passes the data of the current entry to `body`, block by block, with holes as zeros.
    func forEachBlock(_ body: (UnsafeRawBufferPointer) throws -> Void) throws {
        var block: UnsafeRawPointer?
        var size = 0
        var offset: la_int64_t = 0
        var end: Int64 = 0
        while true {
            let result = archive_read_data_block(handle, &block, &size, &offset)
            guard result != ARCHIVE_EOF else { return }
            try check(result)
            try checkAmount(adding: max(0, offset - end))
            while end < offset {
                let count = min(Int(offset - end), Self.zeros.count)
                try Self.zeros.withUnsafeBytes { try body(UnsafeRawBufferPointer(rebasing: $0[..<count])) }
                end += Int64(count)
            }
            try body(UnsafeRawBufferPointer(start: block, count: size))
            end += Int64(size)
        }
    }

    private static let zeros = [UInt8](repeating: 0, count: 64 * 1024)

    /// Whether the archive is compressed; known after the first entry was read.
    var isCompressed: Bool {
        (0..<archive_filter_count(handle)).contains { archive_filter_code(handle, $0) != ARCHIVE_FILTER_NONE }
    }

    /// Packages are compressed once; bombs are compressed repeatedly.
    private func checkCompression() throws(ArchiveProblem) {
        let filters = (0..<archive_filter_count(handle)).map { archive_filter_code(handle, $0) }
        guard filters.count(where: { $0 != ARCHIVE_FILTER_NONE && $0 != ARCHIVE_FILTER_RPM }) <= 1 else {
            throw .compressedTwice
        }
    }

    private func checkAmount(adding claimed: Int64) throws(ArchiveProblem) {
        let limit = Self.unpackedLimitMiB << 20
        guard claimed <= limit - min(limit, archive_filter_bytes(handle, 0)) else {
            throw .tooLarge(limitMiB: Int(Self.unpackedLimitMiB))
        }
    }

    /// Warnings are ignored (a name that is not UTF-8, for example); any other result means that the data is not
    /// available.
    private func check(_ result: CInt) throws(ArchiveProblem) {
        guard result < ARCHIVE_WARN else { return }
        throw .unreadable(archive_error_string(handle).map { String(cString: $0) } ?? "it cannot be read")
    }
}

/// libarchive's read callback of an archive inside `outer`.
private func readNextBlock(
    _: OpaquePointer?, outer: UnsafeMutableRawPointer?, block: UnsafeMutablePointer<UnsafeRawPointer?>?
) -> Int {
    var size = 0
    var offset: la_int64_t = 0
    // The block from libarchive stays valid until the next call, as this callback guarantees.
    let result = archive_read_data_block(outer.map { OpaquePointer($0) }, block, &size, &offset)
    return result == ARCHIVE_EOF ? 0 : result < ARCHIVE_OK ? -1 : size
}

/// libarchive's read callback of a part of a file.
private func readPart(
    _: OpaquePointer?, part: UnsafeMutableRawPointer?, block: UnsafeMutablePointer<UnsafeRawPointer?>?
) -> Int {
    guard let part else { return -1 }
    return Unmanaged<FilePart>.fromOpaque(part).takeUnretainedValue().nextBlock(into: block)
}

/// libarchive's message, or the exceeded limit; callers add the file's name.
enum ArchiveProblem: Error, Equatable {
    case unreadable(String)
    case tooLarge(limitMiB: Int)
    case tooManyEntries(limit: Int)
    case compressedTwice

    func about(_ file: FilePath) -> KernelStoreError {
        switch self {
        case .unreadable(let text): .damagedPackage(file: file, problem: text)
        case .tooLarge(let limit): .tooLarge(file: file, limitMiB: limit)
        case .tooManyEntries(let limit): .damagedPackage(file: file, problem: "it has more than \(limit) entries")
        case .compressedTwice: .damagedPackage(file: file, problem: "it is compressed more than once")
        }
    }
}

extension ArchiveReader {
    /// Writes `entry`, the current entry, to the new file `target`.
    ///
    /// - Throws: `KernelStoreError.tooLarge`, which names `archive`, and errors of reading and writing; `target` does
    ///   not exist then.
    func write(_ entry: ArchiveEntry, of archive: FilePath, to target: FilePath, limitMiB: Int) throws {
        guard entry.size <= limitMiB << 20 else { throw KernelStoreError.tooLarge(file: archive, limitMiB: limitMiB) }
        try Files.create(target) { descriptor in
            var written = 0
            do {
                try forEachBlock { block in
                    written += block.count
                    guard written <= limitMiB << 20 else {
                        throw KernelStoreError.tooLarge(file: archive, limitMiB: limitMiB)
                    }
                    try descriptor.writeAll(block)
                }
            } catch let problem as ArchiveProblem {
                throw problem.about(archive)
            }
        }
    }

    /// The data of `entry`, the current entry: a module, or a list of modules.
    func bytes(of entry: ArchiveEntry, in archive: FilePath) throws -> [UInt8] {
        guard entry.size <= KernelLimits.moduleMiB << 20 else {
            throw KernelStoreError.tooLarge(file: archive, limitMiB: KernelLimits.moduleMiB)
        }
        return try bytes()
    }

    /// The data of the current entry, which is at most as large as a module.
    func bytes() throws -> [UInt8] {
        var bytes: [UInt8] = []
        try forEachBlock { block in
            guard bytes.count + block.count <= KernelLimits.moduleMiB << 20 else {
                throw ArchiveProblem.tooLarge(limitMiB: KernelLimits.moduleMiB)
            }
            bytes.append(contentsOf: block)
        }
        return bytes
    }
}

/// A part of an open file that libarchive reads block by block.
final class FilePart {
    private let descriptor: FileDescriptor
    private var offset: Int64
    private var remaining: Int64
    private let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 256 * 1024, alignment: 16)

    /// The caller keeps `descriptor`, and keeps it open while this is read.
    init(_ descriptor: FileDescriptor, from offset: Int64, length: Int64) {
        self.descriptor = descriptor
        self.offset = offset
        remaining = max(0, length)
    }

    deinit { buffer.deallocate() }

    /// The size of the block, 0 at the end, -1 if it cannot be read.
    func nextBlock(into block: UnsafeMutablePointer<UnsafeRawPointer?>?) -> Int {
        let part = UnsafeMutableRawBufferPointer(rebasing: buffer.prefix(Int(min(remaining, Int64(buffer.count)))))
        guard let count = try? descriptor.read(fromAbsoluteOffset: offset, into: part) else { return -1 }
        offset += Int64(count)
        remaining -= Int64(count)
        block?.pointee = UnsafeRawPointer(buffer.baseAddress)
        return count
    }
}
