import Glibc
import MatrixModel
import SystemPackage
import TestSupport
import Testing

@testable import ProbeObject

/// Objects that were made to cost a host memory or time.
@Suite struct CraftedObjectTests {
    private static let functions = 200
    private static let longName = String(repeating: "n", count: 20_000)

    /// An object with debug information, whose functions all lie in one section, the first with a long name.
    private static func ordinary(in folder: FilePath) async throws -> SymbolEditor {
        let names = [longName] + (1..<functions).map { "f\($0)" }
        let source = names.map {
            "__attribute__((section(\"xdp\"), used)) int \($0)(int *ctx)\n{\n    return *ctx;\n}\n"
        }
        return try SymbolEditor(bytes: FileBytes.read(await compiled(source.joined(), in: folder)))
    }

    @Test func anOrdinaryObjectIsRead() async throws {
        try await withFolder { folder in
            let object = try ObjectFile(write(await Self.ordinary(in: folder).bytes, to: folder.appending("a.o")))
            #expect(object.programs.count == Self.functions)
            #expect(object.lines.programs.count == Self.functions)
        }
    }

    @Test func namesThatAreMostOfOneLongStringAreRefused() async throws {
        try await withFolder { folder in
            var editor = try await Self.ordinary(in: folder)
            let long = try #require(editor.functions.first { editor.name(of: $0) == Self.longName })
            for (number, function) in editor.functions.enumerated() {
                editor.bytes.set(editor.bytes.number(4, at: long) + number, 4, at: function)
            }
            let file = try write(editor.bytes, to: folder.appending("names.o"))
            #expect(throws: ProbeObjectError.truncated(file)) { try ObjectFile(file) }
        }
    }

    /// Each would have all lines of the section.
    @Test func overlappingFunctionsHaveNoLines() async throws {
        try await withFolder { folder in
            var editor = try await Self.ordinary(in: folder)
            let end = editor.functions.map { editor.bytes.number(8, at: $0 + 8) + editor.bytes.number(8, at: $0 + 16) }
            for function in editor.functions {
                editor.bytes.set(0, 8, at: function + 8)
                editor.bytes.set(end.max() ?? 0, 8, at: function + 16)
            }
            let object = try ObjectFile(write(editor.bytes, to: folder.appending("overlap.o")))
            #expect(object.programs.count == Self.functions)
            #expect(object.lines == LineTable())
        }
    }

    /// Source: `struct btf_header` and `struct btf_ext_header` of Linux' `Documentation/bpf/btf.rst`.
    @Test func linesThatAreMostOfOneLongStringCountAsMissing() {
        func info(offsets: Range<Int>, of text: Int) -> LineInfo {
            let strings = Array("\0xdp\0".utf8) + [UInt8](repeating: UInt8(ascii: "x"), count: text) + [0]
            var types: [UInt8] = [0x9f, 0xeb, 1, 0]
            for number in [24, 0, 0, 0, strings.count] { types += number.bytes }
            let records = offsets.flatMap { [$0 * 8, 5 + $0, 5 + $0, 1 << 10].flatMap(\.bytes) }
            var lines: [UInt8] = [0x9f, 0xeb, 1, 0]
            for number in [24, 0, 0, 0, 12 + records.count, 16, 1, offsets.count] { lines += number.bytes }
            return LineInfo((lines + records)[...], types: (types + strings)[...])
        }
        #expect(info(offsets: 0..<3, of: 1000).sections["xdp"]?.count == 3)
        #expect(info(offsets: 0..<50_000, of: 60_000).sections.count == 0)
    }

    @Test func aFileThatIsTooLargeIsNotRead() async throws {
        try await withFolder { folder in
            let file = try write("\u{7f}ELF", to: folder.appending("large.o"))
            #expect(truncate(file.string, FileBytes.limit + 1) == 0)
            #expect(throws: ProbeObjectError.tooLarge(file, limit: FileBytes.limit)) { try ObjectFile(file) }
        }
    }
}

/// Changes the symbols of an object.
///
/// Source: System V ABI, `Elf64_Ehdr`, `Elf64_Shdr` and `Elf64_Sym`.
private struct SymbolEditor {
    var bytes: [UInt8]
    /// Where the symbols of functions begin.
    let functions: [Int]
    /// Where the names begin.
    private let names: Int

    init(bytes: [UInt8]) throws {
        let (start, size) = (bytes.number(8, at: 0x28), bytes.number(2, at: 0x3a))
        let headers = (0..<bytes.number(2, at: 0x3c)).map { start + $0 * size }
        let table = try #require(headers.first { bytes.number(4, at: $0 + 4) == 2 })
        let first = bytes.number(8, at: table + 24)
        self.bytes = bytes
        functions = stride(from: first, to: first + bytes.number(8, at: table + 32), by: 24)
            .filter { bytes[$0 + 4] & 0xf == 2 }
        names = bytes.number(8, at: headers[bytes.number(4, at: table + 40)] + 24)
    }

    func name(of symbol: Int) -> String {
        String(decoding: bytes[(names + bytes.number(4, at: symbol))...].prefix { $0 != 0 }, as: UTF8.self)
    }
}

extension [UInt8] {
    fileprivate func number(_ size: Int, at offset: Int) -> Int {
        self[offset..<offset + size].reversed().reduce(0) { $0 << 8 | Int($1) }
    }

    fileprivate mutating func set(_ number: Int, _ size: Int, at offset: Int) {
        for byte in 0..<size { self[offset + byte] = UInt8(truncatingIfNeeded: number >> (8 * byte)) }
    }
}

extension Int {
    /// Four, little-endian.
    fileprivate var bytes: [UInt8] { (0..<4).map { UInt8(truncatingIfNeeded: self >> (8 * $0)) } }
}
