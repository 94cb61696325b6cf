import SystemPackage

/// The config in an image of a kernel built with `CONFIG_IKCONFIG`.
///
/// Source: Linux `kernel/configs.c`: `IKCFG_ST`, the config in gzip, `IKCFG_ED`.
struct EmbeddedConfig {
    /// A bzImage.
    let image: FilePath
    let header: BzImage
    /// A folder for intermediate files.
    let folder: FilePath

    private static let startMarker = Array("IKCFG_ST".utf8)
    private static let endMarker = Array("IKCFG_ED".utf8)

    /// Writes the config to `target`; `nil` if the image contains none, and if it cannot be unpacked, which is no
    /// reason not to boot it.
    func extract(to target: FilePath) -> FilePath? {
        guard let payload = header.payload else { return extract(from: image, to: target) }
        let unpacked = folder.appending("unpacked-payload")
        defer { Files.remove(unpacked) }
        do {
            let descriptor = try FileDescriptor.open(image, .readOnly)
            try descriptor.closeAfter {
                // Except after gzip data, which already contains it, the build appends the unpacked size, which is not
                // part of the data.
                var magic = [UInt8](repeating: 0, count: 2)
                _ = try magic.withUnsafeMutableBytes {
                    try descriptor.read(fromAbsoluteOffset: payload.lowerBound, into: $0)
                }
                let trailer: Int64 = magic == [0x1F, 0x8B] ? 0 : 4
                let part = FilePart(
                    descriptor, from: payload.lowerBound, length: Int64(payload.count) - trailer)
                let reader = try ArchiveReader.open(part)
                guard let entry = try reader.next() else { return }
                try reader.write(entry, of: image, to: unpacked, limitMiB: KernelLimits.unpackedImageMiB)
            }
        } catch {
            return nil
        }
        return extract(from: unpacked, to: target)
    }

    private func extract(from file: FilePath, to target: FilePath) -> FilePath? {
        guard let size = try? Files.status(file)?.size, let descriptor = try? FileDescriptor.open(file, .readOnly)
        else {
            return nil
        }
        defer { try? descriptor.close() }
        do {
            guard let marker = try ByteSearch(descriptor, from: 0, to: size).first(Self.startMarker) else { return nil }
            let start = marker + Int64(Self.startMarker.count)
            let searchEnd = min(size, start + Int64(KernelLimits.configMiB) << 20)
            guard let end = try ByteSearch(descriptor, from: start, to: searchEnd).first(Self.endMarker) else {
                return nil
            }
            let reader = try ArchiveReader.open(FilePart(descriptor, from: start, length: end - start))
            guard let entry = try reader.next(), reader.isCompressed else { return nil }
            try reader.write(entry, of: file, to: target, limitMiB: KernelLimits.configMiB)
            return target
        } catch {
            return nil
        }
    }
}
