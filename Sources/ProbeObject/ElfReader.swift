import CElf
import Glibc
import MatrixModel
import SystemPackage

/// Owns libelf's view of an object in memory.
private struct Elf: ~Copyable {
    let handle: OpaquePointer

    /// `nil` if libelf cannot parse the bytes, which must outlive this value.
    init?(_ bytes: UnsafeMutableBufferPointer<CChar>) {
        guard elf_version(UInt32(EV_CURRENT)) != EV_NONE.unsigned,
            let handle = elf_memory(bytes.baseAddress, bytes.count)
        else { return nil }
        self.handle = handle
    }

    deinit { elf_end(handle) }
}

/// The parts of an ELF file that show whether it is a BPF object, its programs and maps, and their source lines.
enum ElfReader {
    struct Contents {
        var programs: [ObjectFile.Program]
        var maps: [String]
        var tailCalled: [String]
        var commonSymbols: [String]
        var variables: [ObjectFile.Variable]
        var lines: LineTable
    }

    static func contents(of bytes: [UInt8], in file: FilePath) throws(ProbeObjectError) -> Contents {
        try checkIdentity(bytes, file)
        // libelf requires writable memory, although nothing here makes it write.
        var copy = bytes.map { CChar(bitPattern: $0) }
        let result: Result<Contents, ProbeObjectError> = copy.withUnsafeMutableBufferPointer { buffer in
            Result { () throws(ProbeObjectError) in
                guard let elf = Elf(buffer), elf_kind(elf.handle) == ELF_K_ELF else {
                    throw ProbeObjectError.truncated(file)
                }
                try checkHeader(elf, file)
                return try contents(elf, bytes, file)
            }
        }
        return try result.get()
    }

    /// The first bytes, which identify the format: magic, class, byte order.
    private static func checkIdentity(_ bytes: [UInt8], _ file: FilePath) throws(ProbeObjectError) {
        guard bytes.starts(with: [0x7f, 0x45, 0x4c, 0x46]) else { throw .notELF(file) }
        guard bytes.count >= MemoryLayout<Elf64_Ehdr>.size else { throw .truncated(file) }
        // The machine first: "for x86" helps more than "32-bit". It is at the same position in both classes.
        let littleEndian = bytes[Int(EI_DATA)] == UInt8(ELFDATA2LSB)
        let machine = littleEndian ? (bytes[18], bytes[19]) : (bytes[19], bytes[18])
        let number = UInt16(machine.0) | UInt16(machine.1) << 8
        guard number == UInt16(EM_BPF) else { throw .wrongMachine(file, machine: number) }
        guard littleEndian else { throw .wrongFormat(file, is: "a big-endian object") }
        guard bytes[Int(EI_CLASS)] == UInt8(ELFCLASS64) else { throw .wrongFormat(file, is: "a 32-bit object") }
    }

    private static func checkHeader(_ elf: borrowing Elf, _ file: FilePath) throws(ProbeObjectError) {
        guard let header = elf64_getehdr(elf.handle)?.pointee else { throw .truncated(file) }
        guard header.e_type == UInt16(ET_REL) else {
            throw .wrongFormat(file, is: "a linked file, not a relocatable object")
        }
    }

    private static func contents(
        _ elf: borrowing Elf, _ bytes: [UInt8], _ file: FilePath
    ) throws(ProbeObjectError) -> Contents {
        var names = 0
        guard elf_getshdrstrndx(elf.handle, &names) == 0 else { throw .truncated(file) }
        var sections: [Int: String] = [:]
        var parts: [String: ArraySlice<UInt8>] = [:]
        var maps: Set<Int> = []
        var values: [Int: Range<Int>] = [:]
        var symbols: (table: OpaquePointer, strings: Int)?
        var relocations: [(section: OpaquePointer, target: Int)] = []
        var section = elf_nextscn(elf.handle, nil)
        guard section != nil else { throw .truncated(file) }
        while let current = section {
            guard let header = elf64_getshdr(current)?.pointee else { throw .truncated(file) }
            if header.sh_type != UInt32(SHT_NOBITS) {
                let (end, overflow) = header.sh_offset.addingReportingOverflow(header.sh_size)
                guard !overflow, end <= UInt64(bytes.count) else { throw .truncated(file) }
            }
            if header.sh_type == UInt32(SHT_REL) { relocations.append((current, Int(header.sh_info))) }
            if header.sh_type == UInt32(SHT_SYMTAB) { symbols = (current, Int(header.sh_link)) }
            if let start = elf_strptr(elf.handle, names, Int(header.sh_name)) {
                guard strnlen(start, longestSectionName + 1) <= longestSectionName else { throw .truncated(file) }
                let name = String(cString: start)
                if header.sh_type == UInt32(SHT_PROGBITS) {
                    let range = Int(header.sh_offset)..<Int(header.sh_offset + header.sh_size)
                    parts[name] = bytes[range]
                    if [".rodata", ".data"].contains(where: name.hasPrefix) { values[elf_ndxscn(current)] = range }
                }
                if isProgramSection(header, name) { sections[elf_ndxscn(current)] = name }
                if name == ".maps" || name == "maps" { maps.insert(elf_ndxscn(current)) }
            }
            section = elf_nextscn(elf.handle, current)
        }
        guard let symbols else { throw .noProgram(file) }
        guard namesFit(elf, symbols.table, strings: symbols.strings, limit: 4 * bytes.count) else {
            throw .truncated(file)
        }
        let functions = self.symbols(elf, symbols.table, strings: symbols.strings, type: STT_FUNC)
        let programs = functions.filter { sections[$0.section] != nil }
        guard !programs.isEmpty else { throw .noProgram(file) }
        let objects = self.symbols(elf, symbols.table, strings: symbols.strings, type: STT_OBJECT)
        let locals = self.symbols(elf, symbols.table, strings: symbols.strings, type: STT_OBJECT, binding: STB_LOCAL)
        return Contents(
            programs: programs.map { ObjectFile.Program(name: $0.name, section: sections[$0.section] ?? "") },
            maps: objects.filter { maps.contains($0.section) }.map(\.name),
            tailCalled: programs.map(\.name).filter(
                Set(
                    relocations.filter { maps.contains($0.target) }
                        .flatMap { symbolNames(in: $0.section, elf, symbols.table, strings: symbols.strings) }
                ).contains),
            commonSymbols: objects.filter { $0.section == Int(SHN_COMMON) }.map(\.name),
            variables: (objects + locals).compactMap { variable($0, in: values) },
            lines: lines(of: programs, sections: sections, parts)
        )
    }

    /// `nil` for a symbol that is not completely in one of `sections`.
    private static func variable(_ symbol: Symbol, in sections: [Int: Range<Int>]) -> ObjectFile.Variable? {
        guard let section = sections[symbol.section], symbol.size > 0, symbol.value + symbol.size <= section.count
        else { return nil }
        let start = section.lowerBound + symbol.value
        return ObjectFile.Variable(name: symbol.name, place: start..<start + symbol.size)
    }

    /// In bytes; the longest names that a loader supports contain a path, a library and a symbol.
    private static let longestSectionName = 16 << 10

    /// The lines from which the programs come; `parts` are the contents of the file's sections.
    private static func lines(
        of programs: [Symbol], sections: [Int: String], _ parts: [String: ArraySlice<UInt8>]
    ) -> LineTable {
        guard let info = parts[".BTF.ext"], let types = parts[".BTF"] else { return LineTable() }
        let all = LineInfo(info, types: types).sections
        // Functions do not overlap, so each record belongs to one program.
        var left = all.values.reduce(0) { $0 + $1.count }
        var table = LineTable(functions: (all[".text"] ?? []).map { $0.line(ofFunctionAt: 0) })
        for program in programs {
            // Several programs can share a section.
            let range = program.value..<(program.value + program.size)
            guard let section = sections[program.section], let part = parts[section], range.upperBound <= part.count,
                let records = all[section]?.records(in: range), !records.isEmpty
            else { continue }
            left -= records.count
            guard left >= 0 else { return LineTable() }
            let code = part.dropFirst(range.lowerBound).prefix(range.count)
            table.programs[program.name] = LineTable.Program(
                opcodes: stride(from: code.startIndex, to: code.endIndex, by: instructionSize).map { code[$0] },
                lines: records.map { $0.line(ofFunctionAt: range.lowerBound) })
        }
        return table
    }

    static let instructionSize = 8

    /// Whether it is a section of code in which a loader looks for programs.
    ///
    /// `.text` contains the functions that programs call. Source: libbpf 1.4, `bpf_object__elf_collect`.
    private static func isProgramSection(_ header: Elf64_Shdr, _ name: String) -> Bool {
        header.sh_type == UInt32(SHT_PROGBITS) && header.sh_flags & UInt64(SHF_EXECINSTR) != 0 && header.sh_size > 0
            && name != ".text"
    }

    /// The names of the symbols to which a section of relocations refers: in `.maps`, the initial content of maps.
    private static func symbolNames(
        in relocations: OpaquePointer, _ elf: borrowing Elf, _ table: OpaquePointer, strings: Int
    ) -> [String] {
        guard let entries = elf_getdata(relocations, nil)?.pointee, let first = entries.d_buf,
            let data = elf_getdata(table, nil)?.pointee, let base = data.d_buf
        else { return [] }
        let symbols = UnsafeRawBufferPointer(start: base, count: data.d_size).bindMemory(to: Elf64_Sym.self)
        return UnsafeRawBufferPointer(start: first, count: entries.d_size).bindMemory(to: Elf64_Rel.self)
            .reduce(into: Set<Int>()) { $0.insert(Int($1.r_info >> 32)) }
            .compactMap { index in
                guard symbols.indices.contains(index),
                    let name = elf_strptr(elf.handle, strings, Int(symbols[index].st_name))
                else { return nil }
                return String(cString: name)
            }
    }

    /// Whether the names of all symbols have at most `limit` bytes in total: an object whose names overlap in one long
    /// string was crafted to exhaust memory.
    private static func namesFit(
        _ elf: borrowing Elf, _ table: OpaquePointer, strings: Int, limit: Int
    ) -> Bool {
        guard let data = elf_getdata(table, nil)?.pointee, let base = data.d_buf else { return true }
        var left = limit
        for symbol in UnsafeRawBufferPointer(start: base, count: data.d_size).bindMemory(to: Elf64_Sym.self) {
            guard let name = elf_strptr(elf.handle, strings, Int(symbol.st_name)) else { continue }
            left -= strnlen(name, left + 1)
            guard left >= 0 else { return false }
        }
        return true
    }

    private typealias Symbol = (name: String, section: Int, value: Int, size: Int)

    /// The symbols of a `type`, with the indices of their sections.
    private static func symbols(
        _ elf: borrowing Elf, _ table: OpaquePointer, strings: Int, type: Int32, binding: Int32 = STB_GLOBAL
    ) -> [Symbol] {
        guard let data = elf_getdata(table, nil)?.pointee, let base = data.d_buf else { return [] }
        let symbols = UnsafeRawBufferPointer(start: base, count: data.d_size).bindMemory(to: Elf64_Sym.self)
        return symbols.compactMap { symbol in
            guard symbol.st_info & 0xf == UInt8(type), symbol.st_info >> 4 == UInt8(binding),
                let name = elf_strptr(elf.handle, strings, Int(symbol.st_name))
            else { return nil }
            // A number that is not a valid offset is rejected later, and must not crash here.
            return (
                String(cString: name), Int(symbol.st_shndx), Int(UInt32(truncatingIfNeeded: symbol.st_value)),
                Int(UInt32(truncatingIfNeeded: symbol.st_size))
            )
        }
    }
}

extension Int32 {
    fileprivate var unsigned: UInt32 { UInt32(bitPattern: self) }
}

extension [LineInfo.Record] {
    /// The records whose offset is in `range`; the array is sorted by offset.
    fileprivate func records(in range: Range<Int>) -> ArraySlice<LineInfo.Record> {
        func first(from offset: Int) -> Int {
            var (low, high) = (0, count)
            while low < high {
                let middle = (low + high) / 2
                if self[middle].offset < offset { low = middle + 1 } else { high = middle }
            }
            return low
        }
        return self[first(from: range.lowerBound)..<first(from: range.upperBound)]
    }
}

extension LineInfo.Record {
    fileprivate func line(ofFunctionAt start: Int) -> LineTable.Line {
        LineTable.Line(instruction: (offset - start) / ElfReader.instructionSize, location: location, text: text)
    }
}
