import CGuestProtocol
import Testing

@testable import GuestLink

@Suite struct FactFrameTests {
    private func frame(kind: cmx_fact_kind, answer: Int32, name: String, text: String = "") -> [UInt8] {
        var fact = cmx_fact()
        fact.cell = 4
        fact.kind = kind.rawValue
        fact.answer = answer
        Wire.fill(&fact.name, name)
        return Wire.frame(CMX_FACT, Wire.bytes(of: fact) + Array(text.utf8))
    }

    @Test(arguments: [(Int32(1), true), (0, false), (7, true), (-22, nil), (.min, nil)] as [(Int32, Bool?)])
    func readsAnAnswer(answer: Int32, expected: Bool?) throws {
        var decoder = FrameDecoder()
        let frames = try decoder.feed(frame(kind: CMX_FACT_MAP_TYPE, answer: answer, name: "ringbuf"))
        #expect(frames == [.fact(cell: 4, KernelFact(kind: .mapType, name: "ringbuf", isThere: expected))])
    }

    @Test(arguments: [
        (CMX_FACT_FEATURE, KernelFact.Kind.feature), (CMX_FACT_PROGRAM_TYPE, .programType),
        (CMX_FACT_MAP_TYPE, .mapType), (CMX_FACT_HELPERS, .helpers), (CMX_FACT_SETTING, .setting),
        (CMX_FACT_CONFIG, .config), (CMX_FACT_LIST, .list),
    ])
    func readsEveryKindWithItsText(kind: cmx_fact_kind, expected: KernelFact.Kind) throws {
        var decoder = FrameDecoder()
        let frames = try decoder.feed(frame(kind: kind, answer: 1, name: "xdp", text: "a\nb"))
        #expect(
            frames == [.fact(cell: 4, KernelFact(kind: expected, name: "xdp", isThere: true, text: Array("a\nb".utf8)))]
        )
    }

    @Test func refusesAKindThatIsNone() {
        var decoder = FrameDecoder()
        var fact = cmx_fact()
        fact.kind = .max
        #expect(throws: FrameError.unknownFact(kind: .max)) {
            try decoder.feed(Wire.frame(CMX_FACT, Wire.bytes(of: fact)))
        }
    }

    @Test(arguments: [0, 1, MemoryLayout<cmx_fact>.size - 1])
    func refusesAPayloadShorterThanAFact(length: Int) {
        var decoder = FrameDecoder()
        #expect(
            throws: FrameError.wrongLength(
                type: CMX_FACT.rawValue, length: UInt32(length), expected: MemoryLayout<cmx_fact>.size)
        ) {
            try decoder.feed(Wire.frame(CMX_FACT, [UInt8](repeating: 1, count: length)))
        }
    }

    /// A name that was never closed is cut at the end of its field.
    @Test func readsANameWithoutItsEnd() throws {
        var fact = cmx_fact()
        withUnsafeMutableBytes(of: &fact.name) { $0.copyBytes(from: [UInt8](repeating: 0x61, count: $0.count)) }
        var decoder = FrameDecoder()
        let frames = try decoder.feed(Wire.frame(CMX_FACT, Wire.bytes(of: fact) + [0xff]))
        let name = String(repeating: "a", count: Int(CMX_NAME_BYTES))
        #expect(frames == [.fact(cell: 0, KernelFact(kind: .feature, name: name, isThere: false, text: [0xff]))])
    }

    @Test func asksForAnExamination() throws {
        let wire = try HostFrame.examine(cell: 9).encoded()
        #expect(wire == Wire.frame(CMX_EXAMINE, Wire.bytes(of: cmx_cell(cell: 9))))
    }
}
