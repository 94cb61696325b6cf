import CArchive
import FoundationEssentials
import SystemPackage
import Testing

@testable import KernelStore

/// An ELF executable with one segment, at `physical`, that holds `contents`.
func vmlinux(
    _ contents: [UInt8] = Array("\0Linux version %s\0Linux version 6.9.1-test (me@here) #1\n\0".utf8),
    physical: UInt64 = 16 << 20, entry: UInt64 = 16 << 20, fileSize: UInt64? = nil, memorySize: UInt64 = 1 << 20,
    machine: UInt64 = 62, headers: UInt64 = 1
) -> [UInt8] {
    var file = [UInt8](repeating: 0, count: 4096)
    file.replaceSubrange(0..<7, with: [0x7F, 0x45, 0x4C, 0x46, 2, 1, 1])
    file.put(2, at: 16, bytes: 2)
    file.put(machine, at: 18, bytes: 2)
    file.put(entry, at: 24, bytes: 8)
    file.put(64, at: 32, bytes: 8)
    file.put(56, at: 54, bytes: 2)
    file.put(headers, at: 56, bytes: 2)
    file.put(1, at: 64, bytes: 4)
    file.put(4096, at: 72, bytes: 8)
    file.put(0xffff_ffff_8100_0000, at: 80, bytes: 8)
    file.put(physical, at: 88, bytes: 8)
    file.put(fileSize ?? UInt64(contents.count), at: 96, bytes: 8)
    file.put(memorySize, at: 104, bytes: 8)
    return file + contents
}

/// A relocatable file whose `.modinfo` says `info`, its parts separated by zeros.
func module(_ info: String) -> [UInt8] {
    let names = Array("\0.modinfo\0.shstrtab\0".utf8)
    let text = Array(info.utf8) + [0]
    var file = [UInt8](repeating: 0, count: 64)
    file.replaceSubrange(0..<7, with: [0x7F, 0x45, 0x4C, 0x46, 2, 1, 1])
    file.put(1, at: 16, bytes: 2)
    file.put(62, at: 18, bytes: 2)
    file.put(UInt64(64 + names.count + text.count), at: 40, bytes: 8)
    file.put(64, at: 58, bytes: 2)
    file.put(3, at: 60, bytes: 2)
    file.put(2, at: 62, bytes: 2)
    func section(name: UInt64, offset: Int, size: Int) -> [UInt8] {
        var header = [UInt8](repeating: 0, count: 64)
        header.put(name, at: 0, bytes: 4)
        header.put(UInt64(offset), at: 24, bytes: 8)
        header.put(UInt64(size), at: 32, bytes: 8)
        return header
    }
    return file + names + text + section(name: 0, offset: 0, size: 0)
        + section(name: 1, offset: 64 + names.count, size: text.count)
        + section(name: 10, offset: 64, size: names.count)
}

/// `bytes`, compressed as a single file.
func compressed(_ bytes: [UInt8], _ compression: Compression) throws -> [UInt8] {
    try archive(format: archive_write_set_format_raw, compression: compression) { writer in
        try writer.add(Member(path: "data", bytes: bytes))
    }
}

/// A bzImage whose payload is `payload`; `trailer` is the size that the kernel's build appends to everything except
/// gzip.
func bzImage(_ banner: String, payload: [UInt8], length: UInt64? = nil) -> [UInt8] {
    let paragraphs = (payload.count + 15) / 16 + 64
    var image = bzImage(banner, payloadParagraphs: paragraphs)
    image.put(0x020C, at: 0x206, bytes: 2)
    image.put(64, at: 0x248, bytes: 4)
    image.put(length ?? UInt64(payload.count), at: 0x24C, bytes: 4)
    image.replaceSubrange(4 * 512 + 64..<4 * 512 + 64 + payload.count, with: payload)
    return image
}
