import MatrixModel
import Testing

@testable import VerifierLog

/// A log in the forms in which people and programs pass it on; the text itself is made up.
@Suite struct TextFormTests {
    static let trace = """
        0: R1=ctx() R10=fp0
        ; n = *v; @ hit.c:7
        0: (85) call bpf_map_lookup_elem#1    ; R0_w=map_value_or_null(id=1,map=m,ks=4,vs=8)
        1: (79) r1 = *(u64 *)(r0 +0)

        """
    static let message = "R0 invalid mem access 'map_value_or_null'\n"
    static let totals = "processed 2 insns (limit 1000000) max_states_per_insn 0 total_states 0 peak_states 0\n"
    static let log = trace + message + totals

    struct Form: Sendable, CustomTestStringConvertible {
        var testDescription: String
        var text: String

        init(_ name: String, _ text: String) {
            testDescription = name
            self.text = text
        }

        /// With `prefix` before each line.
        init(_ name: String, before prefix: (Int) -> String, after suffix: String = "") {
            let lines = log.split(separator: "\n").enumerated().map { prefix($0) + $1 + suffix + "\n" }
            self.init(name, lines.joined())
        }
    }

    /// As Go's `%q` and JSON write `text`.
    static func quoted(_ text: String) -> String {
        let escaped = text.replacing("\\", with: "\\\\").replacing("\"", with: "\\\"").replacing("\n", with: "\\n")
        return "\"\(escaped.replacing("\t", with: "\\t"))\""
    }

    static let goError =
        "program hit: load program: permission denied:\n"
        + log.split(separator: "\n").map { "\t\($0)\n" }.joined()

    static let frames = [
        Form("journald", before: { "Nov 30 10:00:0\($0) node hit[712]: " }),
        Form("journald, ISO", before: { _ in "2026-11-30T10:00:00+0100 node hit[712]: " }),
        Form("Kubernetes", before: { "2026-11-30T10:00:00.\(String("123456789".dropLast($0 % 3)))Z stderr F " }),
        Form("kubectl --prefix", before: { _ in "[pod/hit-x/hit] " }),
        Form("Docker Compose", before: { _ in "hit-1  | " }),
        Form("GitHub Actions", before: { _ in "2026-11-30T10:00:00.1234567Z " }),
        Form("gh run view", before: { _ in "test\tRun tests\t2026-11-30T10:00:00.1234567Z " }),
        Form("klog", before: { _ in "E1130 10:00:00.000000       1 main.go:12] " }),
        Form("dmesg", before: { "[\($0 < 2 ? "   99" : "  100").123456] " }),
        Form("dmesg with callers", before: { _ in "[   99.123456] [   T712] " }),
        Form("env_logger", before: { _ in "[2026-11-30T10:00:00Z ERROR hit::load] " }),
        Form("ctime", before: { "Mon Nov 30 10:00:0\($0) 2026: " }),
        Form("mail", before: { _ in "> > " }), Form("tabs", before: { _ in "\t\t" }),
        Form("carriage returns", before: { _ in "" }, after: "\r"),
        Form("colors", before: { _ in "\u{1b}[1;31m" }, after: "\u{1b}[0m"),
        Form("colors, C1", before: { _ in "\u{9b}31m" }, after: "\u{9b}0m"),
        Form("colors as \\x1b", before: { _ in "\\x1b[31m" }, after: "\\x1b[0m"),
        Form("colors as \\u001b", before: { _ in "\\u001b[31m" }, after: "\\u001b[0m"),
        Form("colors as ^[", before: { _ in "^[[31m" }, after: "^[[0m"),
        Form("colors as ESC", before: { _ in "ESC[31m" }, after: "ESC[0m"),
        Form("colors without ESC", before: { _ in "[31m" }, after: "[0m"),
        Form("title", before: { _ in "\u{1b}]0;hit\u{07}" }),
        Form("lines apart", log.replacing("\n", with: "\n\n")),
        Form("saved page", log.replacing("'", with: "&#39;")),
        Form(
            "typeset page",
            log.replacing(" '", with: " \u{2018}").replacing("'\n", with: "\u{2019}\n").replacing(" ", with: "\u{A0}")),
    ]

    static let encoded = [
        Form(
            "Docker JSON",
            log.split(separator: "\n").map {
                "{\"log\":\(quoted("\($0)\n")),\"stream\":\"stderr\",\"time\":\"2026\"}\n"
            }
            .joined()),
        Form("zap", "{\"level\":\"error\",\"ts\":1.5,\"msg\":\"load failed\",\"error\":\(quoted(goError))}\n"),
        Form(
            "zap, console",
            "2026-11-30T10:00:00.000Z\tERROR\thit/main.go:12\tload failed\t{\"error\": \(quoted(goError))}\nmain.main\n"
        ),
        Form(
            "zap in Docker JSON",
            "{\"log\":\(quoted("{\"msg\":\"load failed\",\"error\":\(quoted(goError))}\n")),\"stream\":\"stderr\"}\n"),
        Form("logrus", "time=\"2026-11-30\" level=fatal msg=\"load failed\" error=\(quoted(goError))\n"),
        Form("slog", "2026/11/30 10:00:00 ERROR load failed err=\(quoted(goError)) attempt=1\n"),
        Form("quoted", "Error: \(quoted(goError)) (giving up)\n"),
        Form("Aya, quoted", "Err(LoadError { verifier_log: VerifierLog(\(quoted(log))) })\n"),
    ]

    @Test(arguments: frames + encoded)
    func isReadInEveryForm(form: Form) throws {
        let summary = LogSummary(of: form.text)
        let cause = try #require(Catalogue.bundled.cause(ofText: summary))
        #expect(cause.id == "bad-deref")
        #expect(cause.line == "R0 invalid mem access 'map_value_or_null'")
        #expect(summary.statistics?.instructions == 2)
        let told = Catalogue.bundled.explanation(of: cause, ofText: summary)
        #expect(told.at == "1: r1 = *(u64 *)(r0 +0) ; n = *v; @ hit.c:7")
    }

    /// What a kernel wrote means the same in every form: reports of 7.3 are indented, messages have several lines.
    @Test(arguments: [
        "4.15-spill", "5.4-error-return", "6.1-global-function", "6.12-infinite-loop", "7.3-nullable", "7.3-packet",
        "7.3-reference-after-report", "7.3-too-long", "7.3-extended-twice", "el7-no-totals",
    ])
    func logsOfKernelsMeanTheSameInEveryForm(name: String) throws {
        let log = try golden(name)
        let lines = log.split(separator: "\n", omittingEmptySubsequences: false)
        let whole = try #require(Catalogue.bundled.diagnosis(of: LogSummary(of: log)))
        let forms = [
            lines.map { "Nov 30 10:00:00 node hit[7]: \($0)\n" }.joined()
                + "Nov 30 10:00:01 node systemd[1]: Failed.\n",
            "[  123.456789] ready\n" + lines.map { "[  123.456789] \($0)\n" }.joined(),
            "On Monday:\n> ```\n" + lines.map { "> \($0)\n" }.joined() + "> ```\n\nAny idea?\n",
            lines.map { "{\"log\":\(Self.quoted("\($0)\n")),\"stream\":\"stderr\"}\n" }.joined(),
            "level=error msg=\"not loaded\" error=\(Self.quoted("load program: refused:\n\(log)"))\n",
            "libbpf: -- BEGIN DUMP LOG ---\n\(log)\nlibbpf: -- END LOG --\nlibbpf: failed to load object 'x'\n",
            log.replacing("\n", with: "\r\n") + "\r\nHINT: read on\r\n\r\nTraceback (most recent call last):\r\n",
        ]
        for (number, form) in forms.enumerated() {
            let told = try #require(Catalogue.bundled.diagnosis(of: LogSummary(of: form)))
            #expect(told.cause == whole.cause, "form \(number)")
            #expect(told.explanation == whole.explanation, "form \(number)")
        }
    }

    /// Terminals break lines at their width; a copy keeps the breaks.
    @Test func brokenLinesAreJoined() throws {
        let calls = (0..<9).map {
            "\($0): (85) call bpf_perf_event_output#25    ; R0_w=scalar() R1=ctx() R2=map_ptr(ks=4,vs=4) R5=scalar(smin=\($0))\n"
        }
        let text =
            calls.joined() + "R5 min value is negative, either use unsigned or 'var &= const' in this place of it\n"
        var broken = ""
        for line in text.split(separator: "\n") {
            var rest = line
            while !rest.isEmpty {
                broken += rest.prefix(80) + "\n"
                rest = rest.dropFirst(80)
            }
        }
        let summary = LogSummary(of: broken)
        #expect(Catalogue.bundled.cause(ofText: summary)?.line.hasSuffix("in this place of it") == true)
        #expect(summary.lines.count == 10)
        // The same log twice: its longest line is no broken one.
        #expect(LogSummary(of: Self.log + Self.log).lines.filter { $0.kind == .message }.count == 1)
    }

    /// The place is that of the line as it was read.
    @Test func keepsThePlaceOfTheLine() throws {
        let text = "first\n\u{1b}[31mé\u{1b}[0m\n" + Self.trace + "  \(Self.message)" + Self.totals
        let place = try #require(Catalogue.bundled.diagnosis(of: LogSummary(of: text))?.origin)
        #expect(place.line == 7)
        let bytes = Array(text.utf8)[place.bytes]
        #expect(String(decoding: bytes, as: UTF8.self) + "\n" == "  \(Self.message)")

        let long = String(repeating: "17: (07) r1 += 1\n", count: 100_000) + "R1 !read_ok\n"
        let end = try #require(Catalogue.bundled.diagnosis(of: LogSummary(of: long))?.origin)
        #expect(end.line == 100_001)
        #expect(end.bytes == (long.utf8.count - 12)..<(long.utf8.count - 1))
    }
}

@Suite struct TextTranscoderTests {
    enum Encoding: CaseIterable { case littleEndian, bigEndian }

    private static func utf16(_ text: String, _ encoding: Encoding) -> [UInt8] {
        text.utf16.flatMap { unit in
            let bytes = [UInt8(unit & 0xFF), UInt8(unit >> 8)]
            return encoding == .littleEndian ? bytes : bytes.reversed()
        }
    }

    private static func decoded(_ bytes: [UInt8], inPiecesOf size: Int) -> String {
        var transcoder = TextTranscoder()
        var text: [UInt8] = []
        for start in stride(from: 0, to: bytes.count, by: size) {
            text += transcoder.feed(Array(bytes[start..<min(start + size, bytes.count)]))
        }
        return String(decoding: text + transcoder.finish(), as: UTF8.self)
    }

    @Test(arguments: Encoding.allCases, [1, 7, 4096])
    func readsUTF16(encoding: Encoding, size: Int) {
        let text = "R0 !read_ok\r\n; s = \"é🐝\";\r\n"
        #expect(Self.decoded(Self.utf16(text, encoding), inPiecesOf: size) == text)
        #expect(Self.decoded(Self.utf16("\u{FEFF}" + text, encoding), inPiecesOf: size) == text)
    }

    @Test(arguments: ["", "a", "R0 !read_ok\n", "é🐝\n", String(repeating: "0: (95) exit\n", count: 99)])
    func leavesOtherTextAsItIs(text: String) {
        #expect(Self.decoded(Array(text.utf8), inPiecesOf: 5) == text)
        #expect(Self.decoded([0xEF, 0xBB, 0xBF] + Array(text.utf8), inPiecesOf: 5) == text)
    }

    @Test func survivesHalfACharacter() {
        #expect(Self.decoded([0xFF, 0xFE, 0x41, 0x00, 0x3D, 0xD8], inPiecesOf: 64) == "A\u{FFFD}")
        #expect(Self.decoded([0xFF, 0xFE, 0x41, 0x00, 0x42], inPiecesOf: 64) == "A\u{FFFD}")
        #expect(Self.decoded([0xFF, 0xFE, 0x00, 0xDC, 0x41, 0x00], inPiecesOf: 64) == "\u{FFFD}A")
    }
}
