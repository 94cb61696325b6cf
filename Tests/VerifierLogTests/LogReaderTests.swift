import MatrixModel
import Testing

@testable import VerifierLog

@Suite struct LogReaderTests {
    static let log = """
        0: R1=ctx() R10=fp0
        ; return n; @ probe.c:4
        0: (b7) r2 = 0                        ; R2_w=0
        1: (95) exit
        R0 !read_ok
        processed 2 insns (limit 1000000) max_states_per_insn 0 total_states 0 peak_states 0 mark_read 0
        """

    /// The log with what `prefix` says before each line.
    private static func prefixed(_ prefix: (Int) -> String) -> String {
        log.split(separator: "\n").enumerated().map { prefix($0) + $1 }.joined(separator: "\n")
    }

    struct Sample: Sendable, CustomTestStringConvertible {
        var loader: String
        var text: String

        var testDescription: String { loader }
    }

    static let samples: [Sample] = [
        Sample(loader: "none", text: log),
        Sample(loader: "none, indented", text: prefixed { _ in "       " }),
        Sample(loader: "none, carriage returns", text: log.replacing("\n", with: "\r\n")),
        Sample(
            loader: "libbpf 1",
            text: """
                libbpf: prog 'watch': BPF program load failed: Permission denied
                libbpf: prog 'watch': -- BEGIN PROG LOAD LOG --
                \(log)
                -- END PROG LOAD LOG --
                libbpf: prog 'watch': failed to load: -13
                """),
        Sample(
            loader: "libbpf 0.5",
            text:
                "libbpf: -- BEGIN DUMP LOG ---\nlibbpf:\n\(log)\n\nlibbpf: -- END LOG --\nlibbpf: failed to load program"
        ),
        Sample(
            loader: "cilium/ebpf",
            text: "program watch: load program: permission denied:\n\(prefixed { _ in "\t" })\nexit status 1\n"),
        Sample(
            loader: "Aya",
            text: """
                Error: the BPF_PROG_LOAD syscall returned Permission denied (os error 13). \
                Verifier output: \(prefixed { $0 == 0 ? "" : "       " })


                Caused by:
                    0: could not load the program
                    1: Permission denied (os error 13)
                """),
        Sample(
            loader: "Aya, quoted",
            text: "Err(LoadError { verifier_log: VerifierLog(\"\(log.replacing("\n", with: "\\n"))\\n\") })"),
        Sample(
            loader: "veristat",
            text: """
                PROCESSING probe.bpf.o/watch, DURATION US: 0, VERDICT: failure, VERIFIER LOG:
                \(log)

                File         Program  Verdict  Duration (us)  Insns  States
                -----------  -------  -------  -------------  -----  ------
                probe.bpf.o  watch    failure              0      2       0
                Done. Processed 1 files, 0 programs. Skipped 0 files, 0 programs.
                """),
        Sample(
            loader: "dmesg",
            text: "[    9.1] boot\n\(prefixed { $0 < 3 ? "[   98.12345\($0)] " : "[  100.12345\($0)] " })"),
        Sample(
            loader: "journald",
            text:
                "-- Boot --\n\(prefixed { "Nov 22 10:00:0\($0) host probe[712]: " })\nNov 22 10:00:09 host probe[712]: bye"
        ),
    ]

    @Test(arguments: samples)
    func findsTheLogInWhatLoadersWrite(sample: Sample) throws {
        let summary = LogSummary(of: sample.text)
        #expect(summary.statistics?.instructions == 2)
        #expect(summary.lines.filter { $0.kind == .message }.map { $0.text.trimmed } == ["R0 !read_ok"])
        let cause = try #require(Catalogue.bundled.cause(ofText: summary))
        #expect(cause.id == "not-init")
        #expect(cause.source == "return n; @ probe.c:4")
    }

    /// A single line is read as it stands: `%v` of a cilium/ebpf error.
    @Test func findsTheMessageInASingleLine() {
        let text = "load program: permission denied: 1: (95) exit: R0 !read_ok (4 line(s) omitted)"
        #expect(Catalogue.bundled.cause(ofText: text)?.id == "not-init")
    }

    @Test func takesTheLastOfSeveralLogs() {
        let other = Self.log.replacing("R0 !read_ok", with: "unreachable insn 3")
        let framed = { (log: String) in "-- BEGIN PROG LOAD LOG --\n\(log)\n-- END PROG LOAD LOG --\n" }
        #expect(Catalogue.bundled.cause(ofText: framed(other) + framed(Self.log))?.id == "not-init")
        #expect(
            Catalogue.bundled.cause(ofText: framed(other) + "-- BEGIN PROG LOAD LOG --\n0: (95) exit\nR0 !read_ok")?.id
                == "not-init")
    }

    @Test(arguments: [1, 7, 4096])
    func doesNotMindWhereAPieceEnds(size: Int) throws {
        let bytes = Array(try golden("7.3-nullable").utf8)
        var reader = LogReader()
        for start in stride(from: 0, to: bytes.count, by: size) {
            reader.feed(Array(bytes[start..<min(start + size, bytes.count)]))
        }
        let summary = reader.finish()
        let whole = LogSummary(of: try golden("7.3-nullable"))
        #expect(summary.byteCount == bytes.count)
        #expect(summary.lineCount == whole.lineCount)
        #expect(summary.lines.map(\.text) == whole.lines.map(\.text))
        #expect(summary.statistics == whole.statistics)
    }

    /// What the loader wrote above a log that is longer than what is kept of it.
    @Test func keepsBothEndsOfALongText() {
        var reader = LogReader()
        reader.feed(Array("libbpf: map 'm': created\nlibbpf: prog 'p': -- BEGIN PROG LOAD LOG --\n".utf8))
        let piece = Array(String(repeating: "17: (85) call bpf_loop#181 ; R0=scalar()\n", count: 1000).utf8)
        for _ in 0..<100 { reader.feed(piece) }
        reader.feed(Array("R0 !read_ok\nprocessed 3 insns\n-- END PROG LOAD LOG --\nlibbpf: failed\n".utf8))
        let summary = reader.finish()
        #expect(summary.lineCount == 100_006)
        #expect(summary.byteCount > 4_000_000)
        #expect(summary.lines.count < 30_000)
        #expect(summary.loaderLines.map(\.text).contains("libbpf: map 'm': created"))
        #expect(summary.loaderLines.map(\.text).contains("libbpf: failed"))
        #expect(Catalogue.bundled.cause(ofText: summary)?.id == "not-init")
    }

    /// Found by the fuzzer.
    @Test func aLogMayEndBeforeItBegins() {
        let text = "-- END PROG LOAD LOG --\n\t0: (95) exit\n\tR0 !read_ok\n"
        #expect(Catalogue.bundled.cause(ofText: text)?.id == "not-init")
    }

    @Test func countsLines() {
        for (text, lines) in [("", 0), ("a", 1), ("a\n", 1), ("a\nb", 2), ("\n\n", 2)] {
            #expect(LogSummary(of: text).lineCount == lines)
        }
    }
}
