/// The contents of an x86 kernel image header.
///
/// Source: Linux `Documentation/arch/x86/boot.rst`, "The Real-Mode Kernel Header".
struct BzImage: Equatable {
    /// Enough for the header and the version string, which lies within the setup sectors.
    static let headerLimit = 64 * 1024

    /// The kernel's own banner, `6.1.0-56-cloud-amd64 (…) #1 SMP …`; empty if the header points to none.
    let banner: String
    /// The size of header and compressed kernel in bytes; a signature may follow.
    let minimumSize: Int64
    /// The position of the compressed kernel in the file; `nil` if there is none, and before Linux 2.6.26.
    let payload: Range<Int64>?

    /// `nil` unless `header`, the first bytes of a file, is that of a bzImage.
    init?(header: [UInt8]) {
        guard header.count >= 0x250, header[0x1FE] == 0x55, header[0x1FF] == 0xAA,
            header[0x202..<0x206].elementsEqual("HdrS".utf8)
        else { return nil }
        func word(_ offset: Int) -> Int { Int(header[offset]) | Int(header[offset + 1]) << 8 }
        // "If the setup_sects field contains 0, the real value is 4", and the boot sector comes on top.
        let setupSectors = header[0x1F1] == 0 ? 4 : Int64(header[0x1F1])
        let paragraphs = Int64(word(0x1F4)) | Int64(word(0x1F6)) << 16
        let setupSize = (setupSectors + 1) * 512
        minimumSize = setupSize + paragraphs * 16
        let payloadStart = setupSize + Int64(header.number(at: 0x248, bytes: 4))
        let payloadSize = Int64(header.number(at: 0x24C, bytes: 4))
        payload = word(0x206) >= 0x0208 && payloadSize > 0 ? payloadStart..<payloadStart + payloadSize : nil
        let pointer = word(0x20E)
        let banner = pointer == 0 ? [] : header.dropFirst(pointer + 0x200).prefix(512).prefix { $0 != 0 }
        self.banner = String(decoding: banner, as: UTF8.self)
    }

    /// The first word of the banner, `6.1.0-56-cloud-amd64`; only a label, because results use the release that the
    /// guest reports.
    var release: String { String(banner.prefix { $0 != " " }) }

    /// The builder, as the first half of a kernel id: `debian`, `ubuntu`, `el9`, `amzn2`; `local` if the file does not
    /// name one.
    ///
    /// RPMs have their `%{dist}` tag in the release; other builders name themselves in the banner.
    var family: String {
        if let match = release.firstMatch(of: /[.\-]((?:el|fc|amzn|azl|cm|oe|mga)[0-9]+)/) { return String(match.1) }
        let builders = [
            ("Ubuntu", "ubuntu"), ("debian-kernel", "debian"), ("geeko@", "suse"), ("archlinux", "arch"),
            ("alpine", "alpine"), ("nixbld", "nixos"),
        ]
        return builders.first { banner.contains($0.0) }?.1 ?? "local"
    }
}
