import MatrixModel
import Testing

@testable import VerifierLog

@Suite struct LogFolderTests {
    private func folded(_ text: String, pieces size: Int = 1 << 20) -> String {
        var folder = LogFolder()
        var shown: [UInt8] = []
        let bytes = Array(text.utf8)
        for start in stride(from: 0, to: bytes.count, by: size) {
            shown += folder.feed(Array(bytes[start..<min(start + size, bytes.count)]))
        }
        return String(decoding: shown + folder.finish(), as: UTF8.self)
    }

    /// As 6.12 walks over `for (i = 0; i < n; i++)`, without and with states of their own.
    private static func rounds(_ numbers: some Sequence<Int>, decoration: String = "") -> String {
        numbers.map { round in
            """
            \(decoration); for (int i = 0; i < 9; i++) @ loop.bpf.c:4
            \(decoration)5: (07) r1 += 1                       ; R1_w=\(round)
            \(decoration) R1_w=\(round) R10=fp0
            \(decoration)6: (a5) if r1 < 0x9 goto pc-2\n
            """
        }.joined()
    }

    @Test(arguments: ["", "\t", "[   12.345678] "])
    func hidesTheRoundsBetweenTheFirstAndTheLast(decoration: String) {
        let head = decoration + "0: (b7) r1 = 0\n"
        let tail = decoration + "; return 0; @ loop.bpf.c:5\n" + decoration + "7: (95) exit\n"
        let log = head + Self.rounds(1...9, decoration: decoration) + tail
        let first = head + Self.rounds([1], decoration: decoration)
        let source = "\(decoration); for (int i = 0; i < 9; i++) @ loop.bpf.c:4\n"
        #expect(
            folded(log)
                == first + source + "… 7 more iterations of instructions 5–6, 28 lines …\n"
                + Self.rounds([9], decoration: decoration).dropFirst(source.count) + tail)
    }

    @Test func hidesRoundsOfLoopsWithinLoops() {
        let outer = (1...50).map { "3: (b7) r2 = \($0)\n" + Self.rounds(1...(20 + $0)) + "8: (05) goto pc-6\n" }
            .joined()
        let text = folded(outer + "9: (95) exit\n")
        #expect(text.utf8.count < 10_000)
        for line in ["more iterations of instructions 3–8", "3: (b7) r2 = 1\n", "9: (95) exit\n"] {
            let isThere = text.contains(line)
            #expect(isThere, "\(line)")
        }
        #expect(lines(told: text) == 50 * 2 + (1...50).reduce(0) { $0 + 4 * (20 + $1) } + 1)
    }

    @Test(
        arguments: [
            (
                (1...9).map { "from \($0) to 20: safe\n" },
                "from 1 to 20: safe\n… 8 more pruned paths …\n"
            ),
            ((1...3).map { "from \($0) to 20: safe\n" }, nil),
            (
                ["last_idx 9 first_idx 0\n"] + (1...9).map { "regs=4 stack=0 before \($0): (b7) r2 = 64\n" },
                "last_idx 9 first_idx 0\n… 9 more lines of precision tracking …\n"
            ),
            (
                // The state is that of a parent first, then that of the instruction below it.
                [
                    "last_idx 9 first_idx 0\n", " R1=1\n", "parent didn't have regs=1\n", "last_idx 3 first_idx 0\n",
                    " R2=1\n",
                    "4: (95) exit\n",
                ], "last_idx 9 first_idx 0\n… 3 more lines of precision tracking …\n R2=1\n4: (95) exit\n"
            ),
            ((1...5).map { "[\($0)] INT int size=4\n" }, "[1] INT int size=4\n… 4 more lines of BTF …\n"),
            (["R1 is bad\n", "R1 is bad\n", "R1 is bad\n", "R1 is bad\n", "R1 is bad\n"], nil),
        ] as [([String], String?)])
    func similarLinesAreCollapsed(lines: [String], expected: String?) {
        #expect(folded(lines.joined()) == expected ?? lines.joined())
    }

    @Test(arguments: [1, 5, 4096])
    func doesNotMindWhereAPieceEnds(size: Int) throws {
        let log = try golden("6.12-infinite-loop") + Self.rounds(1...99)
        #expect(folded(log, pieces: size) == folded(log))
    }

    @Test(arguments: ["5.4-size-negative", "6.12-infinite-loop", "7.3-nullable", "libbpf-framed"])
    func accountsForEveryLine(name: String) throws {
        let log = try golden(name)
        let text = folded(log)
        #expect(lines(told: text) == log.split(separator: "\n", omittingEmptySubsequences: false).count - 1)
        // What decided is shown.
        let line = try #require(Catalogue.bundled.cause(ofText: log)).line
        #expect(text.contains(line))
    }

    @Test(arguments: ["", "a", "a\nb", "\n\n", "\0\n\r\n", "é\u{1b}[2J\n"])
    func leavesOtherTextAsItIs(text: String) {
        #expect(folded(text) == (text.isEmpty || text.utf8.last == UInt8(ascii: "\n") ? text : text + "\n"))
    }

    @Test(arguments: [LogFolder.longestLine + 1, 5_000_000], [1 << 20, 1 << 24])
    func cutsEndlessLines(length: Int, size: Int) {
        let cut = String(repeating: "x", count: LogFolder.longestLine) + "… \(length - LogFolder.longestLine) bytes …\n"
        let text = folded(String(repeating: "x", count: length) + "\nR0 !read_ok", pieces: size)
        #expect(text.utf8.count == cut.utf8.count + 12)
        let isRight = text == cut + "R0 !read_ok\n"
        #expect(isRight)
    }

    /// Lines of the log that are shown, and those that are said to be hidden.
    private func lines(told text: String) -> Int {
        text.split(separator: "\n", omittingEmptySubsequences: false).dropLast().reduce(0) { sum, line in
            guard line.hasPrefix("… ") else { return sum + 1 }
            let numbers = line.split(separator: " ").compactMap { Int($0) }
            return sum + (numbers.last ?? 0)
        }
    }
}
