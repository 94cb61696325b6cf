import CBootWrapper
import SystemPackage

/// Turns an unpacked kernel into a bzImage.
///
/// QEMU itself boots ELF files only through the PVH entry, which was added in Linux 5.0 and is optional; with the
/// wrapper, any x86-64 kernel boots. See docs/decisions/007-a-wrapper-for-unpacked-kernels.md.
struct VmlinuxWrapper {
    /// The load address of everything after the wrapper's real-mode code.
    private static let loadedAt: Int64 = 1 << 20
    private static let setupSize = Int64(CMX_WRAPPER_SETUP_SIZE)

    let file: FilePath

    /// Writes the image to `target`: the wrapper, and each segment at its memory offset; holes take no space on disk.
    func wrap(into target: FilePath) throws(KernelStoreError) {
        let size = try Files.status(file)?.size ?? 0
        do {
            let source = try FileDescriptor.open(file, .readOnly)
            try source.closeAfter {
                let kernel = try Vmlinux(source, size: size)
                try Files.create(target) { image in
                    for segment in kernel.segments { try copy(segment, from: source, to: image) }
                    try finish(image, of: kernel)
                }
            }
        } catch let problem as BootProblem {
            throw .unbootable(file: file, problem)
        } catch {
            throw error as? KernelStoreError ?? .unreadable(file: file, errno: error as? Errno ?? .ioError)
        }
    }

    private func copy(_ segment: Vmlinux.Segment, from source: FileDescriptor, to image: FileDescriptor) throws {
        let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 1 << 20, alignment: 16)
        defer { buffer.deallocate() }
        var done: Int64 = 0
        while done < segment.fileSize {
            let part = UnsafeMutableRawBufferPointer(
                rebasing: buffer.prefix(Int(min(segment.fileSize - done, Int64(buffer.count)))))
            let count = try source.read(fromAbsoluteOffset: segment.offset + done, into: part)
            guard count > 0 else { throw KernelStoreError.unbootable(file: file, .cutShort) }
            try image.writeAll(
                toAbsoluteOffset: Self.place(of: segment.physical + done),
                UnsafeRawBufferPointer(rebasing: part[..<count]))
            done += Int64(count)
        }
    }

    /// Writes the wrapper with this kernel's numbers, and extends the image to the length stated in the header.
    private func finish(_ image: FileDescriptor, of kernel: Vmlinux) throws {
        let end = (kernel.loadedEnd - Self.loadedAt + 15) / 16 * 16
        guard let banner = try banner(in: image, upTo: Self.setupSize + end) else {
            throw KernelStoreError.unbootable(file: file, .noBanner)
        }
        var wrapper = [UInt8](
            UnsafeRawBufferPointer(start: cmx_boot_wrapper_bytes(), count: Int(CMX_WRAPPER_SIZE)))
        wrapper.put(UInt64(end / 16), at: Int(CMX_WRAPPER_SYSSIZE), bytes: 4)
        wrapper.put(UInt64(kernel.memoryEnd - Self.loadedAt), at: Int(CMX_WRAPPER_INIT_SIZE), bytes: 4)
        wrapper.put(UInt64(kernel.entry), at: Int(CMX_WRAPPER_ENTRY), bytes: 8)
        wrapper.replaceSubrange(
            Int(CMX_WRAPPER_VERSION)..<Int(CMX_WRAPPER_VERSION) + banner.count, with: banner)
        try wrapper.withUnsafeBytes { _ = try image.writeAll(toAbsoluteOffset: 0, $0) }
        try image.resize(to: Self.setupSize + end)
    }

    /// The kernel's `linux_banner` without its first two words; a bzImage's header points to this text.
    private func banner(in image: FileDescriptor, upTo end: Int64) throws -> [UInt8]? {
        let marker = Array("Linux version ".utf8)
        var from: Int64 = 0
        while let found = try ByteSearch(image, from: from, to: end).first(marker) {
            from = found + Int64(marker.count)
            var text = [UInt8](repeating: 0, count: Int(CMX_WRAPPER_VERSION_LIMIT))
            let count = try text.withUnsafeMutableBytes { try image.read(fromAbsoluteOffset: from, into: $0) }
            let banner = text.prefix(count).prefix { $0 != 0 && $0 != UInt8(ascii: "\n") }
            // Other texts, from messages, contain %s here.
            if let first = banner.first, (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(first) {
                return Array(banner)
            }
        }
        return nil
    }

    private static func place(of physical: Int64) -> Int64 { setupSize + physical - loadedAt }
}
