internal import CGuestProtocol

/// A frame from the host to the agent in a guest; `guest_protocol.h` defines the format.
package enum HostFrame: Equatable, Sendable {
    /// The path at which loaders look for BTF if the kernel has none of its own.
    package static let externalBTFPath = CMX_EXTERNAL_BTF

    /// Requests a `hello`, which proves that a restored guest runs.
    case begin
    /// A file to create in the guest at an absolute path of at most 511 bytes.
    case file(path: String, bytes: [UInt8])
    /// Starts a loader with an object sent by `file`, and with a stage plan if the cell goes past the load; either path
    /// may be empty. The agent kills a loader that is silent for `limit`; zero means never.
    case load(
        cell: UInt32, loader: String, object: String, plan: String = "", limit: Duration = .zero,
        options: LoadOptions = [])
    /// Inserts the kernel module sent by `file` to `path`, and removes the file.
    case insertModule(path: String)
    /// Examines the kernel: `fact`s follow, between `cellBegan` and `cellEnded` of `cell`.
    case examine(cell: UInt32)

    /// The bytes in the wire format; a long file takes several frames.
    ///
    /// - Throws: `FrameError.nameTooLong` for a path or loader name that does not fit its field.
    package func encoded() throws(FrameError) -> [UInt8] {
        switch self {
        case .begin: return Self.frame(CMX_BEGIN, payload: [])
        case .file(let path, let bytes): return try Self.encodeFile(path: path, bytes: bytes)
        case .load(let cell, let loader, let object, let plan, let limit, let options):
            var load = cmx_load()
            load.cell = cell
            load.limit_milliseconds = UInt32(clamping: Int(limit / .milliseconds(1)))
            load.is_alone = options.contains(.alone) ? 1 : 0
            load.may_stay = options.contains(.mayStay) ? 1 : 0
            load.full_logs = options.contains(.fullLogs) ? 1 : 0
            try Self.copy(loader, into: &load.loader)
            try Self.copy(object, into: &load.object)
            try Self.copy(plan, into: &load.plan)
            return Self.frame(CMX_LOAD, payload: Self.bytes(of: load))
        case .insertModule(let path):
            var module = cmx_module()
            try Self.copy(path, into: &module.path)
            return Self.frame(CMX_MODULE, payload: Self.bytes(of: module))
        case .examine(let cell): return Self.frame(CMX_EXAMINE, payload: Self.bytes(of: cmx_cell(cell: cell)))
        }
    }

    private static func encodeFile(path: String, bytes: [UInt8]) throws(FrameError) -> [UInt8] {
        let most = Int(CMX_MAX_PAYLOAD) - MemoryLayout<cmx_file>.size
        var wire: [UInt8] = []
        wire.reserveCapacity(bytes.count + 4096)
        var offset = 0
        repeat {
            let part = bytes[offset..<min(offset + most, bytes.count)]
            var file = cmx_file()
            file.offset = UInt64(offset)
            try copy(path, into: &file.path)
            wire += frame(CMX_FILE, payload: Self.bytes(of: file) + part)
            offset += part.count
        } while offset < bytes.count
        return wire
    }

    private static func frame(_ type: cmx_frame_type, payload: [UInt8]) -> [UInt8] {
        bytes(of: cmx_frame(type: type.rawValue, length: UInt32(payload.count))) + payload
    }

    private static func bytes<Value: BitwiseCopyable>(of value: Value) -> [UInt8] {
        withUnsafeBytes(of: value) { Array($0) }
    }

    private static func copy<Field: BitwiseCopyable>(_ text: String, into field: inout Field) throws(FrameError) {
        let limit = MemoryLayout<Field>.size - 1
        guard text.utf8.count <= limit else { throw .nameTooLong(text, limit: limit) }
        withUnsafeMutableBytes(of: &field) { $0.copyBytes(from: text.utf8) }
    }
}

/// How a guest runs a cell.
package struct LoadOptions: OptionSet, Hashable, Sendable {
    package let rawValue: Int

    package init(rawValue: Int) { self.rawValue = rawValue }

    /// With a loader started for this cell alone, and a separate shell for its trigger.
    package static let alone = LoadOptions(rawValue: 1)
    /// A loader that was sent with the job may be resident and stay for the cells that follow.
    package static let mayStay = LoadOptions(rawValue: 2)
    /// Fetch complete logs, regardless of how long the kernel takes to write them.
    package static let fullLogs = LoadOptions(rawValue: 4)
}

/// An error in bytes that should be frames, or in a name that should become part of one.
package enum FrameError: Error, Equatable, CustomStringConvertible {
    case unknownType(UInt32)
    case oversized(length: UInt32, limit: UInt32)
    case wrongLength(type: UInt32, length: UInt32, expected: Int)
    case unknownFact(kind: UInt32)
    case unknownStage(UInt32)
    case unknownSource(UInt32)
    case unknownFinding(code: UInt32)
    case wrongArguments(code: UInt32, count: UInt32, expected: Int)
    case nameTooLong(String, limit: Int)

    package var description: String {
        switch self {
        case .unknownType(let type): "the guest sent a frame of unknown type \(type)"
        case .oversized(let length, let limit): "the guest sent a frame of \(length) bytes; the limit is \(limit)"
        case .wrongLength(let type, let length, let expected):
            "the guest sent a frame of type \(type) with \(length) bytes instead of \(expected)"
        case .unknownFact(let kind): "the guest sent a fact of unknown kind \(kind)"
        case .unknownStage(let stage): "the guest reported a program at unknown stage \(stage)"
        case .unknownSource(let source): "the guest sent a log of unknown source \(source)"
        case .unknownFinding(let code): "the guest sent a finding with unknown code \(code)"
        case .wrongArguments(let code, let count, let expected):
            "the guest sent finding \(code) with invalid text or \(count) arguments instead of \(expected)"
        case .nameTooLong(let name, let limit): "'\(name)' is longer than \(limit) bytes"
        }
    }
}
