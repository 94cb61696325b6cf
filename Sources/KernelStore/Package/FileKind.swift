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
        // Reading a named pipe would wait for a writer.
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

    /// `nil` if the content is of none of these types.
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
            // Either the part read is enough, or the data breaks off; decide by what was read.
        }
        return start
    }

    private struct Enough: Error {}
}

/// A description of a file that is not of the expected type.
package enum FileLook: String, Sendable {
    case folder = "a directory without oci-layout"
    case special = "a device or a pipe"
    /// Where no folder of any kind will do.
    case anyFolder = "a directory"
    case empty = "an empty file"
    case webPage = "a web page"
    case script = "a script"
    case text = "a text file"
    case elf32 = "a 32-bit ELF file"
    case foreignELF = "an ELF file that is not for x86-64"
    case object = "an ELF object file, such as a module or a BPF program"
    case armImage = "an arm64 kernel"
    case initramfs = "a cpio archive, such as an initramfs"
    case zip = "a zip archive"
    case ar = "an ar archive that is not a Debian package"
    case executable = "a Windows or EFI executable"
    case compressed = "compressed data that is not a kernel"
    case unknown = "a file of unknown type"

    /// What a kind of file begins with, or has a few bytes later.
    private static let marks: [(look: FileLook, offset: Int, bytes: [UInt8])] = [
        (.script, 0, Array("#!".utf8)), (.armImage, 56, Array("ARMd".utf8)), (.initramfs, 0, Array("0707".utf8)),
        (.zip, 0, Array("PK\u{3}\u{4}".utf8)), (.ar, 0, Array("!<arch>".utf8)), (.executable, 0, Array("MZ".utf8)),
        // gzip, xz, zstd, bzip2, lz4 and its older form.
        (.compressed, 0, [0x1F, 0x8B]), (.compressed, 0, [0xFD, 0x37, 0x7A, 0x58, 0x5A]),
        (.compressed, 0, [0x28, 0xB5, 0x2F, 0xFD]), (.compressed, 0, Array("BZh".utf8)),
        (.compressed, 0, [0x04, 0x22, 0x4D, 0x18]), (.compressed, 0, [0x02, 0x21, 0x4C, 0x18]),
    ]

    init(start: [UInt8]) {
        let text = String(decoding: start.prefix(512), as: UTF8.self).lowercased()
        if start.isEmpty {
            self = .empty
        } else if let look = FileLook(elf: start) {
            self = look
        } else if let mark = Self.marks.first(where: { start.dropFirst($0.offset).starts(with: $0.bytes) }) {
            self = mark.look
        } else if text.contains("<html") || text.contains("<!doctype") {
            self = .webPage
        } else if start.prefix(512).allSatisfy({ $0 >= 0x20 && $0 < 0x7F || (9...13).contains($0) }) {
            self = .text
        } else {
            self = .unknown
        }
    }

    /// `nil` for what is no ELF file, and for an executable of x86-64.
    ///
    /// Source: elf(5), `e_ident`, `e_type`, `e_machine`.
    init?(elf start: [UInt8]) {
        guard start.starts(with: "\u{7F}ELF".utf8), start.count >= 20 else { return nil }
        let isExecutable = start[16] == 2 || start[16] == 3
        let isX86 = start[5] == 1 && start[18] == 62 && start[19] == 0
        if start[4] != 2 {
            self = .elf32
        } else if !isX86 {
            self = .foreignELF
        } else if !isExecutable {
            self = .object
        } else {
            return nil
        }
    }
}
