import CArchive
import FoundationEssentials
import SystemPackage
import Testing

/// The header of a bzImage with `banner`, and a payload that makes it as long as it says.
func bzImage(_ banner: String, payloadParagraphs: Int = 64) -> [UInt8] {
    var image = [UInt8](repeating: 0, count: 4 * 512 + payloadParagraphs * 16)
    func put(_ bytes: some Collection<UInt8>, at offset: Int) {
        image.replaceSubrange(offset..<offset + bytes.count, with: bytes)
    }
    put([3], at: 0x1F1)
    put([UInt8(payloadParagraphs & 0xFF), UInt8(payloadParagraphs >> 8)], at: 0x1F4)
    put([0x55, 0xAA], at: 0x1FE)
    put(Array("HdrS".utf8), at: 0x202)
    put([0x00, 0x01], at: 0x20E)
    put(Array(banner.utf8) + [0], at: 0x300)
    return image
}

/// An entry of a test's package.
struct Member {
    enum Kind { case file, symbolicLink, hardLink, device, folder }

    var path: String
    var kind = Kind.file
    var bytes: [UInt8] = []
}

enum Compression: String, CaseIterable {
    case none = "", xz = ".xz", zstd = ".zst", gzip = ".gz"
}

/// A `.deb` as dpkg-deb would make it of `members`.
func debianPackage(_ members: [Member], compression: Compression = .xz) throws -> [UInt8] {
    try debianPackage(data: tar(members, compression: compression), compression: compression)
}

func debianPackage(data: [UInt8], compression: Compression = .none) throws -> [UInt8] {
    try archive(format: archive_write_set_format_ar_svr4) { writer in
        try writer.add(Member(path: "debian-binary", bytes: Array("2.0\n".utf8)))
        try writer.add(Member(path: "control.tar.xz", bytes: tar([Member(path: "./control")], compression: .xz)))
        try writer.add(Member(path: "data.tar\(compression.rawValue)", bytes: data))
    }
}

func tar(_ members: [Member], compression: Compression) throws -> [UInt8] {
    try archive(format: archive_write_set_format_gnutar, compression: compression) { writer in
        for member in members { try writer.add(member) }
    }
}

/// A tar header that claims `size` bytes which do not follow.
func tarHeader(_ path: String, claiming size: Int64) -> [UInt8] {
    var header = [UInt8](repeating: 0, count: 512)
    func put(_ text: String, at offset: Int) {
        header.replaceSubrange(offset..<offset + text.utf8.count, with: Array(text.utf8))
    }
    put(path, at: 0)
    put("0000644", at: 100)
    let octal = String(size, radix: 8)
    put(String(repeating: "0", count: 12 - octal.count) + octal, at: 124)
    put("0", at: 156)
    put("ustar\u{0}00", at: 257)
    put("        ", at: 148)
    let sum = String(header.reduce(0) { $0 + Int($1) }, radix: 8)
    put(String(repeating: "0", count: 6 - sum.count) + sum + "\u{0} ", at: 148)
    return header
}

struct Writer {
    let handle: OpaquePointer

    func add(_ member: Member) throws {
        let entry = try #require(archive_entry_new())
        defer { archive_entry_free(entry) }
        archive_entry_set_pathname(entry, member.path)
        archive_entry_set_perm(entry, 0o644)
        archive_entry_set_filetype(entry, member.kind == .folder ? 0o040000 : 0o100000)
        switch member.kind {
        case .file: archive_entry_set_size(entry, Int64(member.bytes.count))
        case .symbolicLink:
            archive_entry_set_filetype(entry, 0o120000)
            archive_entry_set_symlink(entry, String(decoding: member.bytes, as: UTF8.self))
        case .hardLink: archive_entry_set_hardlink(entry, String(decoding: member.bytes, as: UTF8.self))
        case .device:
            archive_entry_set_filetype(entry, 0o020000)
            archive_entry_set_rdev(entry, 0x0103)
        case .folder: break
        }
        try #require(archive_write_header(handle, entry) == ARCHIVE_OK)
        if member.kind == .file {
            try #require(archive_write_data(handle, member.bytes, member.bytes.count) == member.bytes.count)
        }
    }
}

func archive(
    format: (OpaquePointer?) -> CInt, compression: Compression = .none, _ fill: (Writer) throws -> Void
) throws -> [UInt8] {
    let handle = try #require(archive_write_new())
    defer { archive_write_free(handle) }
    try #require(format(handle) == ARCHIVE_OK)
    switch compression {
    case .none: break
    case .xz: try #require(archive_write_add_filter_xz(handle) == ARCHIVE_OK)
    case .zstd: try #require(archive_write_add_filter_zstd(handle) == ARCHIVE_OK)
    case .gzip: try #require(archive_write_add_filter_gzip(handle) == ARCHIVE_OK)
    }
    var bytes = [UInt8](repeating: 0, count: 16 << 20)
    var used = 0
    try bytes.withUnsafeMutableBytes { buffer in
        try #require(archive_write_open_memory(handle, buffer.baseAddress, buffer.count, &used) == ARCHIVE_OK)
        try fill(Writer(handle: handle))
        try #require(archive_write_close(handle) == ARCHIVE_OK)
    }
    return Array(bytes[..<used])
}
