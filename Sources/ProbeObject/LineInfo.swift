import MatrixModel

/// The line info of an object, by the name of the section that it is about.
///
/// Damaged line info counts as missing: the loader decides whether the object is usable.
///
/// Source: Linux `Documentation/bpf/btf.rst`, "ELF File Format Interface", and `struct btf_header` of `linux/btf.h`.
struct LineInfo {
    struct Record {
        /// From the beginning of the section, in bytes.
        var offset: Int
        var location: CodeLocation
        var text: String
    }

    /// Each sorted by offset.
    private(set) var sections: [String: [Record]] = [:]

    /// - Parameters:
    ///   - info: The section `.BTF.ext`.
    ///   - types: The section `.BTF`, which contains the strings.
    init(_ info: ArraySlice<UInt8>, types: ArraySlice<UInt8>) {
        var strings = Strings(LittleEndianBytes(bytes: types))
        read(LittleEndianBytes(bytes: info), &strings)
        if strings.left <= 0 { sections = [:] }
        for section in sections.keys { sections[section]?.sort { $0.offset < $1.offset } }
    }

    private mutating func read(_ info: LittleEndianBytes, _ strings: inout Strings) {
        // magic, version, flags; header's length; then offset and length of function info and of line info.
        guard info.number(2, at: 0) == Self.magic, let header = info.number(4, at: 4), header >= 24,
            let start = info.number(4, at: 16), let length = info.number(4, at: 20),
            let size = info.number(4, at: header + start), (16...Self.longestRecord).contains(size)
        else { return }
        let end = header + start + length
        var place = header + start + 4
        while place + 8 <= end, let name = info.number(4, at: place), let count = info.number(4, at: place + 4),
            place + 8 + count * size <= end
        {
            let section = strings.text(at: name)
            place += 8
            for _ in 0..<count {
                guard let record = Self.record(info, at: place, &strings) else { return }
                if let section { sections[section, default: []].append(record) }
                place += size
            }
        }
    }

    fileprivate static let magic = 0xEB9F
    /// In bytes; currently 16, and newer compilers may add some.
    private static let longestRecord = 1024

    private static func record(_ info: LittleEndianBytes, at place: Int, _ strings: inout Strings) -> Record? {
        guard let offset = info.number(4, at: place), let file = info.number(4, at: place + 4),
            let text = info.number(4, at: place + 8), let column = info.number(4, at: place + 12),
            let name = strings.text(at: file)
        else { return nil }
        // The line is above the ten bits of the column.
        return Record(
            offset: offset, location: CodeLocation(file: name, line: column >> 10), text: strings.text(at: text) ?? "")
    }

    /// The strings of `.BTF`, each created once, because lines repeat.
    private struct Strings {
        private let bytes: ArraySlice<UInt8>
        private var known: [Int: String] = [:]
        /// How much more text may be created, in bytes.
        ///
        /// Compilers sometimes let one string be the end of another; an object that needs more text was crafted to
        /// exhaust memory.
        private(set) var left: Int

        init(_ types: LittleEndianBytes) {
            // magic, version, flags; header's length; offset and length of the types and of the strings.
            guard types.number(2, at: 0) == LineInfo.magic, let header = types.number(4, at: 4),
                let start = types.number(4, at: 16), let length = types.number(4, at: 20)
            else {
                bytes = []
                left = 0
                return
            }
            bytes = types.bytes.dropFirst(header + start).prefix(length)
            left = 4 * bytes.count
        }

        /// Without leading and trailing blanks; `nil` beyond the end of the strings.
        mutating func text(at offset: Int) -> String? {
            if let text = known[offset] { return text }
            guard offset < bytes.count, left > 0 else { return nil }
            let rest = bytes.dropFirst(offset).prefix { $0 != 0 }
            left -= rest.count
            func isBlank(_ byte: UInt8) -> Bool { byte <= 0x20 }
            let end = rest.lastIndex { !isBlank($0) }.map { $0 + 1 } ?? rest.startIndex
            let text = String(decoding: rest[..<end].drop(while: isBlank), as: UTF8.self)
            known[offset] = text
            return text
        }
    }
}

/// Numbers in a part of the file, each only if it is completely inside.
private struct LittleEndianBytes {
    let bytes: ArraySlice<UInt8>

    func number(_ size: Int, at offset: Int) -> Int? {
        guard offset >= 0, offset + size <= bytes.count else { return nil }
        let start = bytes.startIndex + offset
        return bytes[start..<(start + size)].reversed().reduce(0) { $0 << 8 | Int($1) }
    }
}
