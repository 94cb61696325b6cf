import Glibc
import SystemPackage

/// Searches for a text in a file without loading the file into memory.
struct ByteSearch {
    private let descriptor: FileDescriptor
    private let start: Int64
    private let end: Int64
    private static let pieceSize = 1 << 20

    init(_ descriptor: FileDescriptor, from start: Int64, to end: Int64) {
        self.descriptor = descriptor
        self.start = start
        self.end = end
    }

    /// The offset of the first `needle` in the file; `nil` if there is none.
    func first(_ needle: [UInt8]) throws -> Int64? {
        let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: Self.pieceSize, alignment: 16)
        defer { buffer.deallocate() }
        var offset = start
        while offset < end {
            let wanted = UnsafeMutableRawBufferPointer(
                rebasing: buffer.prefix(Int(min(Int64(buffer.count), end - offset))))
            let count = try descriptor.read(fromAbsoluteOffset: offset, into: wanted)
            guard count >= needle.count else { return nil }
            if let found = Self.position(of: needle, in: UnsafeRawBufferPointer(rebasing: wanted[..<count])) {
                return offset + Int64(found)
            }
            // A match that begins at the end of this piece is found completely in the next.
            offset += Int64(count - needle.count + 1)
        }
        return nil
    }

    private static func position(of needle: [UInt8], in bytes: UnsafeRawBufferPointer) -> Int? {
        guard let base = bytes.baseAddress, let first = needle.first else { return nil }
        var from = 0
        // memchr() reads many bytes at once, which a debug build of this loop does not.
        while from + needle.count <= bytes.count,
            let hit = memchr(base + from, CInt(first), bytes.count - needle.count + 1 - from)
        {
            let position = UnsafeRawPointer(hit) - base
            if memcmp(hit, needle, needle.count) == 0 { return position }
            from = position + 1
        }
        return nil
    }
}
