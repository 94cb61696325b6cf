import SystemPackage

/// The length that an `.rpm` declares: the image may come early in it, so a truncated file would otherwise go
/// unnoticed.
///
/// Source: rpm's docs/manual/format_lead.md, format_header.md and rpmtag.h.
enum RpmLead {
    static let magic: [UInt8] = [0xED, 0xAB, 0xEE, 0xDB]
    private static let leadSize: Int64 = 96
    private static let headerMagic: [UInt8] = [0x8E, 0xAD, 0xE8, 0x01]
    /// `RPMSIGTAG_SIZE` (32 bits) and `RPMSIGTAG_LONGSIZE` (64): header and payload, in bytes.
    private static let sizeTag = 1000
    private static let longSizeTag = 270

    /// Throws `KernelStoreError.cutShort` for a package that is shorter than it says.
    static func requireWhole(_ file: FilePath) throws(KernelStoreError) {
        let size = try Files.status(file)?.size ?? 0
        guard let expected = try promisedSize(of: file), size < expected else { return }
        throw .cutShort(file: file, expected: expected, found: size)
    }

    /// In bytes; `nil` when the package does not say.
    static func promisedSize(of file: FilePath) throws(KernelStoreError) -> Int64? {
        let start = try Files.readStart(of: file, limit: 64 * 1024)
        let header = Int(leadSize)
        func word(_ offset: Int) -> Int? {
            guard offset >= 0, offset <= start.count - 4 else { return nil }
            return start[offset..<offset + 4].reduce(0) { $0 << 8 | Int($1) }
        }
        guard start.dropFirst(header).starts(with: headerMagic), let entries = word(header + 8),
            let dataSize = word(header + 12), entries <= 1024
        else { return nil }
        let data = header + 16 + entries * 16
        // The signature is padded to 8 bytes; what the size is about begins behind it.
        let end = Int64(data + (dataSize + 7) / 8 * 8)
        for entry in 0..<entries {
            let at = header + 16 + entry * 16
            guard let tag = word(at), tag == sizeTag || tag == longSizeTag, let offset = word(at + 8),
                let first = word(data + offset)
            else { continue }
            guard tag == longSizeTag else { return end + Int64(first) }
            guard first < 1 << 20, let second = word(data + offset + 4) else { return nil }
            return end + Int64(first) << 32 + Int64(second)
        }
        return nil
    }
}
