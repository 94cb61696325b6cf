import MatrixModel
import SystemPackage
import TestSupport
import Testing

@testable import ProbeObject

struct LineTableTests {
    private static let source = """
        static __attribute__((noinline)) int called(int x)
        {
            return x * 3;
        }

        __attribute__((section("xdp"), used)) int first(void *ctx)
        {
            volatile int a = 1;
            return a;
        }

        __attribute__((section("xdp"), used)) int second(int *ctx)
        {
            volatile int b = *ctx;

            return called(b);
        }

        """

    private func table(_ source: String = source, flags: [String] = []) async throws -> LineTable {
        var table = LineTable()
        try await withFolder { folder in
            table = try ObjectFile(await compiled(source, in: folder)).lines
        }
        return table
    }

    /// Both programs share a section, and each counts from its own beginning.
    @Test func linesAreThoseOfEachProgram() async throws {
        let table = try await table()
        #expect(table.programs.keys.sorted() == ["first", "second"])
        let first = try #require(table.programs["first"])
        let second = try #require(table.programs["second"])
        #expect(first.lines.first?.instruction == 0 && second.lines.first?.instruction == 0)
        #expect(Set(first.lines.map(\.location.line)).isSubset(of: Set(6...10)))
        #expect(Set(second.lines.map(\.location.line)).isSubset(of: Set(12...17)))
        #expect(second.lines.contains { $0.location.line == 14 && $0.text == "volatile int b = *ctx;" })
        #expect(second.lines.map(\.instruction) == second.lines.map(\.instruction).sorted())
        // 0x95 is BPF_EXIT, and the only program's call is 0x85.
        #expect(first.opcodes.last == 0x95 && !first.opcodes.contains(0x85))
        #expect(second.opcodes.last == 0x95 && second.opcodes.contains(0x85))
        #expect(table.functions.contains { $0.location.line == 3 && $0.text == "return x * 3;" })
        #expect(table.functions.allSatisfy { (1...4).contains($0.location.line) })
    }

    @Test func filesAreNamedAnew() async throws {
        let table = try await table()
        #expect(table.files.count == 1 && table.files.first?.hasSuffix("source.c") == true)
        let renamed = table.namingFiles { _ in "probes/p/source.c" }
        #expect(renamed.files == ["probes/p/source.c"])
        #expect(renamed.programs["first"]?.lines.count == table.programs["first"]?.lines.count)
    }

    @Test func anObjectWithoutLineInfoHasNone() async throws {
        try await withFolder { folder in
            try write(Self.source.utf8, to: folder.appending("source.c"))
            let object = folder.appending("bare.o")
            try await ProbeCompiler.find().compile(
                "source.c", in: folder, arguments: ["-target", "bpf", "-O2"], object: object,
                rule: folder.appending("source.d"))
            let file = try ObjectFile(object)
            #expect(file.lines == LineTable())
            #expect(file.programs.count == 2)
        }
    }

    /// A compiler's mistake, or a hostile file: the programs are still there, and nothing ends.
    @Test func damagedLineInfoCountsAsMissing() async throws {
        try await withFolder { folder in
            let path = try await compiled(Self.source, in: folder)
            let whole = try FileBytes.read(path)
            // Both headers of BTF begin with its magic and version 1.
            let starts = whole.indices.dropLast(32).filter { whole[$0...].starts(with: [0x9F, 0xEB, 1, 0]) }
            try #require(starts.count == 2)
            for start in starts {
                for place in 0..<32 {
                    for byte: UInt8 in [0, 0x7F, 0xFF] {
                        var bytes = whole
                        bytes[start + place] = byte
                        let damaged = try write(bytes, to: folder.appending("damaged.o"))
                        #expect(try ObjectFile(damaged).programs.count == 2)
                    }
                }
                var bytes = whole
                bytes[start] = 0
                #expect(try ObjectFile(write(bytes, to: folder.appending("no-magic.o"))).lines.programs.isEmpty)
            }
        }
    }
}
