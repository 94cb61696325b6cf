import CGuestProtocol
import MatrixModel
import Testing

@testable import GuestLink

/// Bytes as the C side writes them: the same structs, filled by hand.
enum Wire {
    static func frame(_ type: cmx_frame_type, _ payload: [UInt8] = []) -> [UInt8] {
        bytes(of: cmx_frame(type: type.rawValue, length: UInt32(payload.count))) + payload
    }

    static func bytes<Value: BitwiseCopyable>(of value: Value) -> [UInt8] { withUnsafeBytes(of: value) { Array($0) } }

    static func fill<Field: BitwiseCopyable>(_ field: inout Field, _ text: String) {
        withUnsafeMutableBytes(of: &field) { $0.copyBytes(from: text.utf8) }
    }
}

@Suite struct FrameTests {
    private static let program: [UInt8] = {
        var program = cmx_program()
        program.cell = 7
        program.program = 1
        program.stage = CMX_STAGE_LOAD.rawValue
        program.error = -13
        program.log_complete = 1
        program.instructions = 61
        program.translated_bytes = 528
        program.load_microseconds = 1500
        program.verification_microseconds = 1200
        program.attach_microseconds = 300
        program.fire_microseconds = 250_000
        program.log_lacks_memory = 1
        Wire.fill(&program.name, "watch_readline")
        Wire.fill(&program.type, "kprobe")
        return Wire.frame(CMX_PROGRAM, Wire.bytes(of: program))
    }()

    @Test func readsAProgramsReport() throws {
        var decoder = FrameDecoder()
        #expect(
            try decoder.feed(Self.program) == [
                .program(
                    ProgramReport(
                        cell: 7, program: 1, stage: .load, errno: 13, logComplete: true, logLacksMemory: true,
                        verifiedInstructions: nil, size: ProgramSize(instructions: 61, translatedBytes: 528),
                        loadMicroseconds: 1500, verificationMicroseconds: 1200, attachMicroseconds: 300,
                        fireMicroseconds: 250_000, name: "watch_readline", type: "kprobe"))
            ])
    }

    /// A ring delivers what it currently contains, so frames can arrive in any pieces.
    @Test func readsFramesInAnyPieces() throws {
        let wire = Wire.frame(CMX_WARMED) + Self.program + Wire.frame(CMX_WARMED)
        var decoder = FrameDecoder()
        var frames: [GuestFrame] = []
        for byte in wire { frames += try decoder.feed([byte]) }
        var whole = FrameDecoder()
        #expect(try frames == whole.feed(wire))
        #expect(frames.count == 3)
    }

    @Test func readsHelloAndLog() throws {
        var hello = cmx_hello()
        hello.has_btf = 1
        hello.uptime_microseconds = 42
        Wire.fill(&hello.release, "6.1.0-56-cloud-amd64")
        let log =
            Wire.bytes(of: cmx_log(cell: 3, program: 0, source: CMX_LOG_LOADER.rawValue)) + Array("libbpf: x".utf8)
        var decoder = FrameDecoder()
        let frames = try decoder.feed(Wire.frame(CMX_HELLO, Wire.bytes(of: hello)) + Wire.frame(CMX_LOG, log))
        #expect(
            frames == [
                .hello(Hello(release: "6.1.0-56-cloud-amd64", versionText: "", hasBTF: true, uptimeMicroseconds: 42)),
                .log(cell: 3, program: 0, source: .loader, text: Array("libbpf: x".utf8)),
            ])
    }

    @Test(arguments: [(CMX_LOG_EVENT, LogSource.event), (CMX_LOG_KERNEL, .kernel)])
    func readsWhoSaysIt(source: cmx_log_source, expected: LogSource) throws {
        let log = Wire.bytes(of: cmx_log(cell: 3, program: 1, source: source.rawValue)) + [0, 255]
        var decoder = FrameDecoder()
        #expect(
            try decoder.feed(Wire.frame(CMX_LOG, log)) == [.log(cell: 3, program: 1, source: expected, text: [0, 255])])
    }

    @Test(arguments: [
        (Int32(0), UInt32(0), LoaderExit.exited(0)), (127 << 8, 0, .exited(127)), (11, 0, .signalled(11)),
        (9 | 0x80, 0, .signalled(9)), (9, 1, .overdue),
    ])
    func exitAndSignalDiffer(status: Int32, overdue: UInt32, expected: LoaderExit) throws {
        var decoder = FrameDecoder()
        let end = Wire.bytes(of: cmx_cell_end(cell: 1, wait_status: status, overdue: overdue, microseconds: 0))
        #expect(try decoder.feed(Wire.frame(CMX_CELL_END, end)) == [.cellEnded(cell: 1, exit: expected)])
    }

    @Test(arguments: [(UInt32(0), Int?.none), (1500, 1500), (.max, 4_294_967_295)])
    func readsHowLongACellTook(microseconds: UInt32, expected: Int?) throws {
        var decoder = FrameDecoder()
        let end = Wire.bytes(of: cmx_cell_end(cell: 1, wait_status: 0, overdue: 0, microseconds: microseconds))
        #expect(
            try decoder.feed(Wire.frame(CMX_CELL_END, end))
                == [.cellEnded(cell: 1, exit: .exited(0), microseconds: expected)])
    }

    @Test func rejectsInvalidFrames() {
        var decoder = FrameDecoder()
        #expect(throws: FrameError.unknownType(999)) {
            try decoder.feed(Wire.bytes(of: cmx_frame(type: 999, length: 0)))
        }
    }

    @Test(arguments: [UInt32(5), .max]) func refusesAnUnknownStage(stage: UInt32) {
        var program = cmx_program()
        program.stage = stage
        var decoder = FrameDecoder()
        #expect(throws: FrameError.unknownStage(stage)) {
            try decoder.feed(Wire.frame(CMX_PROGRAM, Wire.bytes(of: program)))
        }
    }

    @Test(arguments: [UInt32(4), .max]) func refusesAnUnknownSource(source: UInt32) {
        var decoder = FrameDecoder()
        #expect(throws: FrameError.unknownSource(source)) {
            try decoder.feed(Wire.frame(CMX_LOG, Wire.bytes(of: cmx_log(cell: 0, program: 0, source: source))))
        }
    }

    /// A length is refused before anything is set aside for it.
    @Test func refusesAnOversizedFrame() {
        var decoder = FrameDecoder()
        #expect(throws: FrameError.oversized(length: .max, limit: UInt32(CMX_MAX_PAYLOAD))) {
            try decoder.feed(Wire.bytes(of: cmx_frame(type: CMX_LOG.rawValue, length: .max)))
        }
    }

    @Test(
        arguments: [CMX_HELLO, CMX_PROGRAM, CMX_CELL_END, CMX_CELL_BEGIN, CMX_LOG, CMX_FINDING, CMX_MODULE_DONE].map(
            \.rawValue))
    func refusesAPayloadOfTheWrongLength(type: UInt32) {
        var decoder = FrameDecoder()
        #expect(throws: FrameError.self) { try decoder.feed(Wire.frame(cmx_frame_type(type), [1, 2, 3])) }
    }

    /// A hostile guest's numbers do not bring the host down.
    @Test func survivesTheExtremes() throws {
        var program = cmx_program()
        program.error = .min
        program.instructions = .max
        withUnsafeMutableBytes(of: &program.name) { $0.copyBytes(from: [UInt8](repeating: 0xff, count: $0.count)) }
        var decoder = FrameDecoder()
        let frames = try decoder.feed(Wire.frame(CMX_PROGRAM, Wire.bytes(of: program)))
        guard case .program(let report) = try #require(frames.first) else {
            Issue.record("not a program: \(frames)")
            return
        }
        #expect(report.errno == .min)
        #expect(report.size.instructions == Int(UInt32.max))
        #expect(report.name.unicodeScalars.allSatisfy { $0 == "\u{FFFD}" })
    }

    @Test func readsHowAnInsertionEnded() throws {
        let done = Wire.bytes(of: cmx_module_done(error: -8)) + Array("veth: version magic\n".utf8)
        var decoder = FrameDecoder()
        #expect(
            try decoder.feed(Wire.frame(CMX_MODULE_DONE, done)) == [
                .moduleInserted(errno: 8, log: Array("veth: version magic\n".utf8))
            ])
    }

    @Test func asksForAnInsertion() throws {
        let wire = try HostFrame.insertModule(path: "/job/veth.ko").encoded()
        let head = wire.withUnsafeBytes { $0.loadUnaligned(as: cmx_frame.self) }
        #expect(head.type == CMX_MODULE.rawValue)
        #expect(Int(head.length) == MemoryLayout<cmx_module>.size)
        #expect(Array(wire.dropFirst(8).prefix { $0 != 0 }) == Array("/job/veth.ko".utf8))
    }

    @Test func sendsALongFileInParts() throws {
        let bytes = (0..<600_000).map { UInt8(truncatingIfNeeded: $0) }
        let wire = try HostFrame.file(path: "/job/x.o", bytes: bytes).encoded()
        var position = 0
        var received: [UInt8] = []
        while position < wire.count {
            let head = wire[position...].withUnsafeBytes { $0.loadUnaligned(as: cmx_frame.self) }
            #expect(head.type == CMX_FILE.rawValue)
            #expect(head.length <= CMX_MAX_PAYLOAD)
            let payload = wire[(position + 8)..<(position + 8 + Int(head.length))]
            let file = payload.withUnsafeBytes { $0.loadUnaligned(as: cmx_file.self) }
            #expect(file.offset == UInt64(received.count))
            received += payload.dropFirst(MemoryLayout<cmx_file>.size)
            position += 8 + Int(head.length)
        }
        #expect(received == bytes)
    }

    @Test func refusesANameThatDoesNotFit() {
        let name = String(repeating: "x", count: 128)
        #expect(throws: FrameError.nameTooLong(name, limit: 127)) {
            try HostFrame.load(cell: 0, loader: name, object: "/job/x.o").encoded()
        }
    }

    @Test(arguments: ["", "/job/1234.plan"]) func namesThePlanOfACell(plan: String) throws {
        let wire = try HostFrame.load(cell: 7, loader: "libbpf", object: "/job/x.o", plan: plan, limit: .seconds(12))
            .encoded()
        #expect(wire.count == MemoryLayout<cmx_frame>.size + MemoryLayout<cmx_load>.size)
        let load = wire[MemoryLayout<cmx_frame>.size...].withUnsafeBytes { $0.loadUnaligned(as: cmx_load.self) }
        #expect(load.cell == 7)
        #expect(load.limit_milliseconds == 12_000)
        #expect(withUnsafeBytes(of: load.object) { Array($0.prefix { $0 != 0 }) } == Array("/job/x.o".utf8))
        #expect(withUnsafeBytes(of: load.plan) { Array($0.prefix { $0 != 0 }) } == Array(plan.utf8))
    }
}
