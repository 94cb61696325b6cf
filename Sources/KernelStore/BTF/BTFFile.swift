import CElf
import SystemPackage

/// BTF as a file: raw, or as the section `.BTF` of an ELF file.
///
/// Source: Linux `Documentation/bpf/btf.rst`.
enum BTFFile {
    private static let magic: [UInt8] = [0x9F, 0xEB]
    private static let headerSize = 24

    static func isBTF(_ start: [UInt8]) -> Bool { start.starts(with: magic) }
    static func isELF(_ start: [UInt8]) -> Bool { start.starts(with: [0x7F, 0x45, 0x4C, 0x46]) }

    /// The raw BTF in `bytes`.
    ///
    /// - Throws: `notBTF`, which names `file`, for any other content, and for BTF that is shorter than its header
    ///   states.
    static func raw(_ bytes: [UInt8], in file: FilePath) throws(KernelStoreError) -> [UInt8] {
        let raw = isELF(bytes) ? section(of: bytes) : bytes
        guard let raw, isComplete(raw) else { throw .notBTF(file: file) }
        return raw
    }

    /// Little-endian, version 1, with all of its types and strings.
    private static func isComplete(_ bytes: [UInt8]) -> Bool {
        guard bytes.count >= headerSize, isBTF(bytes), bytes[2] == 1 else { return false }
        func field(_ offset: Int) -> Int { Int(bytes.number(at: offset, bytes: 4)) }
        let header = field(4)
        let end = max(field(8) + field(12), field(16) + field(20))
        return header >= headerSize && field(12) > 0 && field(20) > 0 && header + end <= bytes.count
    }

    private static func section(of bytes: [UInt8]) -> [UInt8]? {
        // libelf wants memory that it may write to, although nothing here makes it write.
        var copy = bytes.map { CChar(bitPattern: $0) }
        return copy.withUnsafeMutableBufferPointer { buffer -> [UInt8]? in
            guard elf_version(UInt32(EV_CURRENT)) != UInt32(EV_NONE),
                let elf = elf_memory(buffer.baseAddress, buffer.count)
            else { return nil }
            defer { elf_end(elf) }
            var names = 0
            guard elf_getshdrstrndx(elf, &names) == 0 else { return nil }
            var section = elf_nextscn(elf, nil)
            while let current = section {
                var header = GElf_Shdr()
                guard gelf_getshdr(current, &header) != nil else { return nil }
                if header.sh_type == UInt32(SHT_PROGBITS),
                    elf_strptr(elf, names, Int(header.sh_name)).map({ String(cString: $0) }) == ".BTF"
                {
                    let (end, overflow) = header.sh_offset.addingReportingOverflow(header.sh_size)
                    guard !overflow, end <= UInt64(bytes.count) else { return nil }
                    return Array(bytes[Int(header.sh_offset)..<Int(end)])
                }
                section = elf_nextscn(elf, current)
            }
            return nil
        }
    }
}
