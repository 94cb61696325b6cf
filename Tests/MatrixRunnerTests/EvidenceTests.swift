import GuestLink
import Machine
import MatrixModel
import Testing

@testable import MatrixRunner

/// The result of the frames of a cell that goes past the load.
@Suite struct EvidenceTests {
    private func report(
        _ number: UInt32?, _ stage: Stage, errno: Int32 = 0, verifiedInstructions: Int? = nil
    ) -> ProgramReport {
        ProgramReport(
            cell: 0, program: number, stage: stage, errno: errno, logComplete: verifiedInstructions != nil,
            verifiedInstructions: verifiedInstructions, name: "f\(number ?? 9)", type: "kprobe")
    }

    @Test func aSecondReportReplacesTheFirstButKeepsTheLoadsResults() throws {
        var collector = EvidenceCollector()
        for number: UInt32 in [0, 1] {
            try collector.add(log: Array("log \(number)".utf8), program: number, source: .verifier)
            try collector.add(log: Array("warning".utf8), program: number, source: .loader)
            collector.add(report(number, .load, verifiedInstructions: 7))
        }
        try collector.add(log: Array("no such symbol".utf8), program: 1, source: .loader)
        collector.add(report(1, .attach, errno: 2))
        collector.add(report(0, .fire))
        let programs = collector.evidence(.finished(.exited(0))).programs
        #expect(programs.map(\.report.program) == [0, 1])
        #expect(programs.map(\.report.stage) == [.fire, .attach])
        #expect(programs.map(\.report.errno) == [0, 2])
        #expect(programs.map(\.report.verifiedInstructions) == [7, 7])
        #expect(programs.map(\.report.logComplete) == [true, true])
        #expect(programs.map { String(decoding: $0.verifierLog, as: UTF8.self) } == ["log 0", "log 1"])
        #expect(programs.map { String(decoding: $0.loader.bytes, as: UTF8.self) } == ["warning", "no such symbol"])
    }

    @Test func eventAndRemarksAreOfTheWholeCell() throws {
        var collector = EvidenceCollector()
        try collector.add(log: Array("hello ".utf8), program: 0, source: .event)
        try collector.add(log: Array("world".utf8), program: 0, source: .event)
        try collector.add(log: Array("no bash".utf8), program: .max, source: .loader)
        let evidence = collector.evidence(.finished(.exited(69)))
        #expect(String(decoding: evidence.event, as: UTF8.self) == "hello world")
        #expect(String(decoding: evidence.remarks.bytes, as: UTF8.self) == "no bash")
        #expect(evidence.programs.isEmpty)
    }

    private let locked = GuestFinding(.lockedDown, ["integrity"])
    private let ran = GuestFinding(.runCount, ["f0", "3"])

    @Test func findingsKeepTheirPlaceAmongTheLoadersWords() throws {
        var collector = EvidenceCollector()
        try collector.add(log: Array("first\nsecond".utf8), program: 0, source: .loader)
        try collector.add(locked, program: 0)
        try collector.add(log: Array("third\n".utf8), program: 0, source: .loader)
        try collector.add(ran, program: 0)
        collector.add(report(0, .load, errno: 1))
        let loader = try #require(collector.evidence(.finished(.exited(0))).programs.first?.loader)
        #expect(loader.findings == [locked, ran])
        #expect(
            String(decoding: loader.bytes, as: UTF8.self) == """
                first
                second
                compat-matrix: this kernel is locked down: integrity
                third
                compat-matrix: 'f0' ran 3 times

                """)
    }

    @Test func findingsOfASecondReportReplaceThoseOfTheFirst() throws {
        var collector = EvidenceCollector()
        try collector.add(locked, program: 0)
        collector.add(report(0, .load))
        #expect(collector.evidence(.finished(.exited(0))).programs.first?.loader.findings == [locked])
        try collector.add(ran, program: 0)
        collector.add(report(0, .fire))
        #expect(collector.evidence(.finished(.exited(0))).programs.first?.loader.findings == [ran])
    }

    @Test func findingsOfTheWholeObjectBelongToItsReportElseToTheCell() throws {
        var collector = EvidenceCollector()
        try collector.add(locked, program: .max)
        #expect(collector.evidence(.finished(.exited(69))).remarks.findings == [locked])
        collector.add(report(nil, .open, errno: 1))
        let evidence = collector.evidence(.finished(.exited(0)))
        #expect(evidence.remarks.isEmpty)
        #expect(evidence.programs.first?.loader.findings == [locked])
    }

    @Test func moreFindingsThanALoaderMaySendBreakTheProtocol() throws {
        var collector = EvidenceCollector()
        for _ in 0..<(1 << 18) { try collector.add(ran, program: 0) }
        #expect(throws: MachineError.self) { try collector.add(ran, program: 0) }
    }

    private static let events: [([UInt8], String?)] = [
        ([UInt8](), nil), ([0, 0], ""), (Array("line\0\0\0".utf8), "line"), ([0, 65, 0, 66], "\\x00A\\x00B"),
        (Array("Zürich 京都".utf8), "Zürich 京都"), ([0xC3, 0x28], "\\xc3("),
        (Array("a\u{1b}[2Jb\n".utf8), "a\\x1b[2Jb\\x0a"),
        (Array("\u{202e}x".utf8), "\\xe2\\x80\\xaex"), (Array("e\u{301}".utf8), "e\\xcc\\x81"),
        (Array(String(repeating: "x", count: 256).utf8), String(repeating: "x", count: 256)),
        (Array(String(repeating: "x", count: 257).utf8), String(repeating: "x", count: 255) + "…"),
        ([UInt8](repeating: 1, count: 100_000), String(repeating: "\\x01", count: 63) + "\\x0" + "…"),
    ]

    @Test(arguments: events)
    func anEventIsShownAsText(bytes: [UInt8], text: String?) {
        #expect(EventText.text(of: bytes) == text)
    }
}
