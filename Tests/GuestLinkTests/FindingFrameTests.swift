import CGuestProtocol
import MatrixModel
import Testing

@testable import GuestLink

@Suite struct FindingFrameTests {
    private func frame(code: UInt32, count: UInt32, text: [UInt8]) -> [UInt8] {
        Wire.frame(
            CMX_FINDING,
            Wire.bytes(of: cmx_finding(cell: 7, program: 2, code: code, argument_count: count)) + text)
    }

    private func decode(code: UInt32, count: Int, text: [UInt8]) throws -> [GuestFrame] {
        var decoder = FrameDecoder()
        return try decoder.feed(frame(code: code, count: UInt32(count), text: text))
    }

    /// As the guest's kit writes them: each argument closed with a NUL.
    private func wire(_ arguments: [String]) -> [UInt8] { arguments.flatMap { Array($0.utf8) + [0] } }

    @Test(arguments: GuestFinding.Code.allCases) func eachCodeComesThrough(code: GuestFinding.Code) throws {
        let number = code.wire.rawValue
        let arguments = (0..<Int(cmx_finding_argument_count(number))).map { "argument \($0)" }
        #expect(
            try decode(code: number, count: arguments.count, text: wire(arguments))
                == [.finding(cell: 7, program: 2, GuestFinding(code, arguments))])
    }

    /// The header has no code that Swift does not know.
    @Test func bothSidesHaveTheSameCodes() {
        let numbers = (0...UInt32(1000)).filter { cmx_finding_argument_count($0) >= 0 }
        #expect(Set(numbers) == Set(GuestFinding.Code.allCases.map(\.wire.rawValue)))
    }

    @Test func argumentsMayBeEmptyAndOfAnyBytes() throws {
        let frames = try decode(code: CMX_FINDING_CGROUP_UNOPENABLE.rawValue, count: 2, text: [0, 0xff, 10, 65, 0])
        #expect(frames == [.finding(cell: 7, program: 2, GuestFinding(.cgroupUnopenable, ["", "\u{FFFD}\nA"]))])
    }

    @Test(arguments: [UInt32(0), 2, 999, .max]) func refusesAnUnknownCode(code: UInt32) {
        #expect(throws: FrameError.unknownFinding(code: code)) { try decode(code: code, count: 0, text: []) }
    }

    /// Too many, too few, one that is not closed, another number of them than the head says, more than fit.
    @Test(arguments: [
        (2, Array("a\0b\0".utf8)), (0, []), (1, Array("a".utf8)), (2, Array("a\0".utf8)),
        (1, [UInt8](repeating: 65, count: Int(CMX_FINDING_BYTES)) + [0]),
    ])
    func refusesOtherArguments(count: Int, text: [UInt8]) {
        let code = CMX_FINDING_LOCKED_DOWN.rawValue
        #expect(throws: FrameError.wrongArguments(code: code, count: UInt32(count), expected: 1)) {
            try decode(code: code, count: count, text: text)
        }
    }

    private static let told: [GuestFinding.Code] = [
        .planUnreadable, .planLineUnknown, .triggerNotStarted, .triggerServiceEnded, .bashMissing, .terminalMissing,
        .shellNotStarted, .noPrompt, .commandOverdue, .commandFailed,
    ]

    /// `/init trigger` reports to foreign loaders with the same sentences as reports.
    @Test(arguments: GuestFinding.Code.allCases) func triggersUseTheSameText(code: GuestFinding.Code) {
        var line = [CChar](repeating: 0, count: 512)
        let arguments = (0..<Int(cmx_finding_argument_count(code.wire.rawValue))).map { "a\($0)" }
        let isTold = cmx_write_trigger_sentence(
            &line, line.count, code.wire.rawValue, "a0", arguments.count > 1 ? "a1" : "")
        #expect((isTold != 0) == Self.told.contains(code))
        guard isTold != 0 else { return }
        let sentence = String(decoding: line.prefix { $0 != 0 }.map(UInt8.init(bitPattern:)), as: UTF8.self)
        #expect(sentence == GuestFinding(code, arguments).sentence)
    }
}
