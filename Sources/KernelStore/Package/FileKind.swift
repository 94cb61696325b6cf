import Manifests
import SystemPackage

/// The type of a file, detected from its contents; the name is ignored.
enum FileKind: Equatable {
    case debianPackage
    case rpm
    /// An archive of `docker save`, of an OCI layout, or neither.
    case tar
    /// A folder that is an OCI layout.
    case layout
    case bzImage
    /// An unpacked x86-64 kernel.
    case vmlinux
    /// A bzImage or vmlinux in gzip, xz, zstd, bzip2, lzma or lz4.
    case compressedKernel

    /// Throws `notAKernel` with a description for anything else.
    init(of file: FilePath) throws(KernelStoreError) {
        guard let status = try Files.status(file) else {
            throw .unreadable(file: file, errno: .noSuchFileOrDirectory)
        }
        if status.type == .directory {
            guard try Files.status(file.appending(ContainerImage.layoutMarker)) != nil else {
                throw .notAKernel(file: file, looks: .folder)
            }
            self = .layout
            return
        }
        // Reading a named pipe would wait for whoever may write to it one day.
        guard status.type == .regular else { throw .notAKernel(file: file, looks: .special) }
        let start = try Files.readStart(of: file, limit: BzImage.headerLimit)
        if let kind = Self(start: start) {
            self = kind
            return
        }
        guard let inside = Self.unpackedStart(of: file) else {
            throw .notAKernel(file: file, looks: FileLook(start: start))
        }
        switch Self(start: inside) {
        case .tar: self = .tar
        case .bzImage, .vmlinux: self = .compressedKernel
        default: throw .notAKernel(file: file, looks: .compressed)
        }
    }

    /// `nil` for what is none of them as it stands.
    private init?(start: [UInt8]) {
        // ar(5): the magic, then a 60-byte header whose first 16 bytes are the name.
        if start.starts(with: "!<arch>\ndebian-binary".utf8) {
            self = .debianPackage
        } else if start.starts(with: RpmLead.magic) {
            self = .rpm
        } else if BzImage(header: start) != nil {
            self = .bzImage
        } else if start.starts(with: "\u{7F}ELF".utf8), FileLook(elf: start) == nil {
            self = .vmlinux
        } else if start.dropFirst(257).starts(with: "ustar".utf8) {
            self = .tar
        } else {
            return nil
        }
    }

    /// `nil` when `file` is compressed in no way that is known here.
    private static func unpackedStart(of file: FilePath) -> [UInt8]? {
        guard let reader = try? ArchiveReader.open(file, .raw), (try? reader.next()) != nil, reader.isCompressed else {
            return nil
        }
        var start: [UInt8] = []
        do {
            try reader.forEachBlock { block in
                start += block.prefix(BzImage.headerLimit - start.count)
                guard start.count < BzImage.headerLimit else { throw Enough() }
            }
        } catch {
            // Enough of it, or all there is before it breaks off: what there is decides.
        }
        return start
    }

    private struct Enough: Error {}
}
