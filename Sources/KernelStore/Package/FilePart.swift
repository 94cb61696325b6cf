import SystemPackage

/// A stretch of an open file that libarchive reads block by block.
final class FilePart {
    private let descriptor: FileDescriptor
    private var offset: Int64
    private var remaining: Int64
    private let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 256 * 1024, alignment: 16)

    /// `descriptor` stays the caller's, and open for as long as this is read.
    init(_ descriptor: FileDescriptor, from offset: Int64, length: Int64) {
        self.descriptor = descriptor
        self.offset = offset
        remaining = max(0, length)
    }

    deinit { buffer.deallocate() }

    /// The size of the block, 0 at the end, -1 when it cannot be read.
    func nextBlock(into block: UnsafeMutablePointer<UnsafeRawPointer?>?) -> Int {
        let part = UnsafeMutableRawBufferPointer(rebasing: buffer.prefix(Int(min(remaining, Int64(buffer.count)))))
        guard let count = try? descriptor.read(fromAbsoluteOffset: offset, into: part) else { return -1 }
        offset += Int64(count)
        remaining -= Int64(count)
        block?.pointee = UnsafeRawPointer(buffer.baseAddress)
        return count
    }
}
