internal import CGuestProtocol
internal import MatrixModel

/// Splits a stream of bytes from a guest into frames.
///
/// One at a time, because a mailbox full of the smallest frames would take thirty times its size as values.
package struct FrameDecoder: Sendable {
    private var buffer: [UInt8] = []
    /// Where the next frame begins.
    private var position = 0

    package init() {}

    /// Appends more of the stream.
    package mutating func append(_ bytes: some Collection<UInt8>) {
        buffer.removeFirst(position)
        position = 0
        buffer.append(contentsOf: bytes)
    }

    /// The next frame, or `nil` if the stream does not contain a complete one yet.
    ///
    /// - Throws: `FrameError` at the first bytes that are not a frame of this protocol: the guest is corrupt or
    ///   hostile, and everything that follows is ignored.
    package mutating func next() throws(FrameError) -> GuestFrame? {
        let headBytes = MemoryLayout<cmx_frame>.size
        guard buffer.count - position >= headBytes else { return nil }
        let head = load(cmx_frame.self, at: position)
        guard head.length <= CMX_MAX_PAYLOAD else {
            throw .oversized(length: head.length, limit: UInt32(CMX_MAX_PAYLOAD))
        }
        let end = position + headBytes + Int(head.length)
        guard end <= buffer.count else { return nil }
        defer { position = end }
        return try decode(head, payloadAt: position + headBytes)
    }

    private func decode(_ head: cmx_frame, payloadAt start: Int) throws(FrameError) -> GuestFrame {
        switch cmx_frame_type(head.type) {
        case CMX_HELLO:
            let hello = try payload(cmx_hello.self, head, at: start)
            return .hello(
                Hello(
                    release: Self.text(hello.release), versionText: Self.text(hello.version_text),
                    hasBTF: hello.has_btf != 0, uptimeMicroseconds: hello.uptime_microseconds))
        case CMX_WARMED: return .warmed
        case CMX_CELL_BEGIN: return .cellBegan(cell: try payload(cmx_cell.self, head, at: start).cell)
        case CMX_LOG:
            let (log, text) = try payloadWithText(cmx_log.self, head, at: start)
            return .log(
                cell: log.cell, program: log.program,
                source: try Self.source(log.source), text: text)
        case CMX_FACT:
            let (fact, text) = try payloadWithText(cmx_fact.self, head, at: start)
            return .fact(
                cell: fact.cell,
                KernelFact(
                    kind: try KernelFact.Kind(fact.kind), name: Self.text(fact.name),
                    isThere: fact.answer < 0 ? nil : fact.answer != 0, text: text))
        case CMX_FINDING:
            let (finding, text) = try payloadWithText(cmx_finding.self, head, at: start)
            return .finding(
                cell: finding.cell, program: finding.program, try GuestFinding(finding, text: text))
        case CMX_PROGRAM: return .program(try Self.report(try payload(cmx_program.self, head, at: start)))
        case CMX_CELL_END:
            let end = try payload(cmx_cell_end.self, head, at: start)
            return .cellEnded(
                cell: end.cell, exit: end.overdue != 0 ? .overdue : LoaderExit(waitStatus: end.wait_status),
                microseconds: Self.number(end.microseconds))
        case CMX_MODULE_DONE:
            let (done, log) = try payloadWithText(cmx_module_done.self, head, at: start)
            return .moduleInserted(errno: 0 &- done.error, log: log)
        default: throw .unknownType(head.type)
        }
    }

    private static func report(_ program: cmx_program) throws(FrameError) -> ProgramReport {
        ProgramReport(
            cell: program.cell, program: program.program == CMX_WHOLE_OBJECT ? nil : program.program,
            stage: try stage(program.stage), errno: 0 &- program.error, logComplete: program.log_complete != 0,
            logLacksMemory: program.log_lacks_memory != 0,
            verifiedInstructions: number(program.verified_instructions),
            size: ProgramSize(
                instructions: number(program.instructions), translatedBytes: number(program.translated_bytes),
                jitedBytes: number(program.jited_bytes)),
            loadMicroseconds: number(program.load_microseconds),
            verificationMicroseconds: number(program.verification_microseconds),
            attachMicroseconds: number(program.attach_microseconds),
            fireMicroseconds: number(program.fire_microseconds), name: text(program.name), type: text(program.type))
    }

    private static func source(_ source: UInt32) throws(FrameError) -> LogSource {
        switch cmx_log_source(source) {
        case CMX_LOG_VERIFIER: .verifier
        case CMX_LOG_LOADER: .loader
        case CMX_LOG_EVENT: .event
        case CMX_LOG_KERNEL: .kernel
        default: throw .unknownSource(source)
        }
    }

    /// 0 means unknown.
    private static func number(_ value: UInt32) -> Int? { value == 0 ? nil : Int(value) }

    private static func stage(_ stage: UInt32) throws(FrameError) -> Stage {
        switch cmx_stage(stage) {
        case CMX_STAGE_OPEN: .open
        case CMX_STAGE_MAPS: .maps
        case CMX_STAGE_LOAD: .load
        case CMX_STAGE_ATTACH: .attach
        case CMX_STAGE_FIRE: .fire
        default: throw .unknownStage(stage)
        }
    }

    private func payload<Value: BitwiseCopyable>(
        _ type: Value.Type, _ head: cmx_frame, at start: Int
    ) throws(FrameError) -> Value {
        guard head.length == MemoryLayout<Value>.size else {
            throw .wrongLength(type: head.type, length: head.length, expected: MemoryLayout<Value>.size)
        }
        return load(type, at: start)
    }

    /// A payload of a struct and the bytes after it.
    private func payloadWithText<Value: BitwiseCopyable>(
        _ type: Value.Type, _ head: cmx_frame, at start: Int
    ) throws(FrameError) -> (Value, text: [UInt8]) {
        let size = MemoryLayout<Value>.size
        guard head.length >= size else {
            throw .wrongLength(type: head.type, length: head.length, expected: size)
        }
        return (load(type, at: start), Array(buffer[(start + size)..<(start + Int(head.length))]))
    }

    private func load<Value: BitwiseCopyable>(_ type: Value.Type, at offset: Int) -> Value {
        buffer.withUnsafeBytes { $0.loadUnaligned(fromByteOffset: offset, as: type) }
    }

    /// A field up to its NUL; without a NUL, the whole field and no more.
    private static func text<Field: BitwiseCopyable>(_ field: Field) -> String {
        withUnsafeBytes(of: field) { String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self) }
    }
}
