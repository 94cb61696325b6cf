import MatrixModel
import Testing

@testable import VerifierLog

/// Where a log's message stands in the source, told by the object's line info.
@Suite struct LocationTests {
    /// `int first(void *ctx) { … }` of three lines, and a function behind it.
    private static let table = LineTable(
        programs: [
            "first": LineTable.Program(
                opcodes: [0xBF, 0x61, 0x18, 0x00, 0x85, 0x85, 0x95],
                lines: [
                    line(0, 7, "int first(void *ctx)"), line(1, 9, "int size = *(int *)ctx;"),
                    line(2, 10, "count(&map, size);"), line(5, 11, "return fill(size);"), line(6, 0, ""),
                ])
        ],
        functions: [
            line(0, 2, "return x * 3;"), line(4, 30, "int y;"), line(6, 31, "int y;"), line(9, 40, "y = 4;"),
        ])

    private static func line(_ instruction: Int, _ number: Int, _ text: String) -> LineTable.Line {
        LineTable.Line(
            instruction: instruction, location: CodeLocation(file: "probes/p/first.bpf.c", line: number), text: text)
    }

    private func location(
        _ log: String, loader: String = "", errno: Int32 = 13, stage: Stage = .load, program: String = "first",
        lines: LineTable = table
    ) throws -> Int? {
        let summary = LogSummary(of: log)
        let cause = try #require(
            Catalogue.bundled.cause(ofLog: summary, loaderMessages: loader, errno: errno, stage: stage))
        let location = Catalogue.bundled.location(
            of: cause, in: summary, stage: stage, program: program, lines: lines)
        #expect(location == nil || location?.file == "probes/p/first.bpf.c")
        return location?.line
    }

    private static let message = "R2 unbounded memory access, use 'var &= const' or 'if (var < const)'"

    /// As 5.4 to 6.7 write it, and with the place from 6.8 on.
    @Test(arguments: ["", " @ first.bpf.c:10"])
    func theLineThatTheLogNames(place: String) throws {
        let log = """
            ; int size = *(int *)ctx;
            1: (61) r2 = *(u32 *)(r1 +0)
            ; count(&map, size);\(place)
            2: (18) r1 = 0xffff8880
            4: (85) call bpf_probe_read#4
            \(Self.message)

            """
        #expect(try location(log) == 10)
    }

    /// A kernel before 5.0 shows instructions alone.
    @Test func withoutSourcesTheNumberTellsIt() throws {
        let log = "0: (bf) r6 = r1\n1: (61) r2 = *(u32 *)(r1 +0)\n\(Self.message)\n"
        #expect(try location(log) == 9)
        #expect(try location("1: (79) r2 = *(u64 *)(r1 +0)\n\(Self.message)\n") == 9, "CO-RE made it wider")
    }

    @Test(arguments: [
        // Another line than the object has for it.
        "; count(&map, n);\n4: (85) call bpf_probe_read#4\n",
        "; count(&map, size); @ first.bpf.c:12\n4: (85) call bpf_probe_read#4\n",
        "; count(&map, size); @ second.bpf.c:10\n4: (85) call bpf_probe_read#4\n",
        // Another instruction than the object has there, now or before.
        "4: (79) r1 = *(u64 *)(r1 +0)\n",
        "1: (07) r1 += 8\n2: (18) r1 = 0xffff8880\n4: (85) call bpf_probe_read#4\n",
        // What the compiler added has no line.
        "6: (95) exit\n",
    ])
    func whatDoesNotAgreeHasNone(trace: String) throws {
        #expect(try location(trace + Self.message + "\n") == nil)
    }

    @Test(arguments: [
        ("; return x * 3;\n9: (27) r0 *= 3\n", 2 as Int?),
        ("; return x * 3; @ first.bpf.c:2\n9: (27) r0 *= 3\n", 2),
        // Two lines of this text.
        ("; int y;\n9: (27) r0 *= 3\n", nil),
        ("; int y; @ first.bpf.c:31\n9: (27) r0 *= 3\n", 31),
        ("9: (27) r0 *= 3\n", nil),
        ("; something else\n9: (27) r0 *= 3\n", nil),
    ])
    func functionAfterTheProgramIsFoundByItsText(trace: String, line: Int?) throws {
        #expect(try location(trace + Self.message + "\n") == line)
    }

    /// libbpf replaces what it could not relocate.
    @Test func aPoisonedInstructionIsStillThatOfItsPlace() throws {
        let log = "0: (bf) r6 = r1\n1: (85) call unknown#195896080\ninvalid func unknown#195896080\n"
        #expect(try location(log) == 9)
    }

    @Test(arguments: [
        ("back-edge from insn 5 to 1", 11 as Int?), ("unreachable insn 1", 9), ("unreachable insn 99", nil),
    ])
    func aMessageAheadOfEveryInstructionNamesOne(message: String, line: Int?) throws {
        #expect(try location(message + "\nprocessed 0 insns (limit 1000000)\n", errno: 22) == line)
    }

    @Test(arguments: [
        // Of the program as a whole: kernels up to 5.7 leave the last path above it.
        ("4: (85) call bpf_probe_read#4\ncombined stack size of 2 calls is 832. Too large\n", "", Stage.load),
        ("", "libbpf: prog 'first': failed to find kernel BTF type ID of 'tcp_connect': -3\n", .load),
        ("processed 9 insns (limit 1000000)\n", "compat-matrix: cannot attach 'first': no such symbol\n", .attach),
        (
            "processed 9 insns (limit 1000000)\n",
            "compat-matrix: no event arrived in map 'm' within 5 s of the trigger\n", .fire
        ),
    ])
    func whereNoLineIsNamedTheProgramBegins(log: String, loader: String, stage: Stage) throws {
        #expect(try location(log, loader: loader, errno: 22, stage: stage) == 7)
    }

    @Test func whatIsNoMatterOfAProgramHasNone() throws {
        let words = "libbpf: map 'exits': failed to create: Invalid argument(-22)\n"
        #expect(try location("", loader: words, errno: 22, stage: .maps) == nil)
        #expect(try location("4: (85) call bpf_probe_read#4\n\(Self.message)\n", program: "other") == nil)
        #expect(try location("4: (85) call bpf_probe_read#4\n\(Self.message)\n", lines: LineTable()) == nil)
    }
}
