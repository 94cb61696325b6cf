import CGuestProtocol
import Foundation
import MatrixModel
import TestSupport
import Testing

@testable import GuestLink

/// A guest may write anything into its mailbox, and some guests want to do harm.
@Suite struct FrameFuzzTests {
    /// `make chaos` takes 5,000,000.
    private static let streams =
        ProcessInfo.processInfo.environment["COMPAT_MATRIX_FUZZ_STREAMS"].flatMap { Int($0) } ?? 200_000
    private static let first =
        ProcessInfo.processInfo.environment["COMPAT_MATRIX_FUZZ_FIRST"].flatMap { UInt64($0) } ?? 0

    @Test func mutatedStreamsAreFramesOrErrors() async {
        let frames = Self.frames
        var (kept, refused) = (0, 0)
        for number in Self.first..<(Self.first + UInt64(Self.streams)) {
            // Other tests have time limits.
            if number % 256 == 0 { await Task.yield() }
            var random = Splitmix(seed: number)
            let stream = Self.stream(of: frames, &random)
            let whole = Self.decoded(stream, pieces: [stream.count])
            let pieces = (0..<4).map { _ in random.below(stream.count + 1) }
            let inPieces = Self.decoded(stream, pieces: pieces)
            guard whole == inPieces else {
                Issue.record("stream \(number) depends on its pieces: \(Data(stream).base64EncodedString())")
                continue
            }
            if whole.error == nil { kept += 1 } else { refused += 1 }
        }
        // Streams that reach only one of the two would prove little.
        #expect(kept > Self.streams / 10 && refused > Self.streams / 10)
    }

    private struct Outcome: Equatable {
        var frames: [GuestFrame] = []
        var error: FrameError?
    }

    private static func decoded(_ stream: [UInt8], pieces: [Int]) -> Outcome {
        var decoder = FrameDecoder()
        var outcome = Outcome()
        var rest = stream[...]
        do throws(FrameError) {
            for piece in pieces + [stream.count] {
                decoder.append(rest.prefix(piece))
                rest = rest.dropFirst(piece)
                while let frame = try decoder.next() { outcome.frames.append(frame) }
            }
        } catch {
            outcome.error = error
        }
        return outcome
    }

    private static func stream(of frames: [[UInt8]], _ random: inout Splitmix) -> [UInt8] {
        var stream = (0..<(1 + random.below(5))).flatMap { _ in frames[random.below(frames.count)] }
        for _ in 0..<random.below(4) { mutate(&stream, &random) }
        return stream
    }

    private static func mutate(_ stream: inout [UInt8], _ random: inout Splitmix) {
        let place = random.below(stream.count)
        let end = min(place + random.below(40), stream.count)
        switch random.below(6) {
        case 0 where place < stream.count: stream[place] = UInt8(truncatingIfNeeded: random.next())
        case 1 where place < stream.count: stream[place] ^= 1 << UInt8(random.below(8))
        case 2: stream.removeSubrange(place..<end)
        case 3: stream.insert(contentsOf: stream[place..<end], at: place)
        case 4: stream.removeSubrange(place...)
        default:
            // A length or a number at its limits.
            let values: [UInt32] = [
                0, 1, .max, UInt32(Int32.max), UInt32(CMX_MAX_PAYLOAD), UInt32(CMX_MAX_PAYLOAD) + 1,
            ]
            let start = place / 4 * 4
            guard start + 4 <= stream.count else { return }
            stream.replaceSubrange(start..<(start + 4), with: Wire.bytes(of: values[random.below(values.count)]))
        }
    }

    /// One of each kind.
    private static var frames: [[UInt8]] {
        var hello = cmx_hello()
        Wire.fill(&hello.release, "6.1.0")
        var program = cmx_program()
        program.stage = CMX_STAGE_LOAD.rawValue
        Wire.fill(&program.name, "watch")
        var fact = cmx_fact()
        fact.kind = CMX_FACT_MAP_TYPE.rawValue
        let finding = (0..<UInt32(1000)).first { cmx_finding_argument_count($0) == 1 } ?? 0
        return [
            Wire.frame(CMX_HELLO, Wire.bytes(of: hello)), Wire.frame(CMX_WARMED),
            Wire.frame(CMX_CELL_BEGIN, Wire.bytes(of: cmx_cell())),
            Wire.frame(
                CMX_LOG,
                Wire.bytes(of: cmx_log(cell: 1, program: 0, source: CMX_LOG_VERIFIER.rawValue)) + Array("R1".utf8)),
            Wire.frame(CMX_PROGRAM, Wire.bytes(of: program)),
            Wire.frame(
                CMX_FINDING,
                Wire.bytes(of: cmx_finding(cell: 1, program: 0, code: finding, argument_count: 1)) + [65, 0]),
            Wire.frame(CMX_CELL_END, Wire.bytes(of: cmx_cell_end())),
            Wire.frame(CMX_MODULE_DONE, Wire.bytes(of: cmx_module_done()) + Array("module".utf8)),
            Wire.frame(CMX_FACT, Wire.bytes(of: fact) + Array("y".utf8)),
        ]
    }
}

extension FrameDecoder {
    /// Takes more of the stream and returns the frames that are complete now.
    mutating func feed(_ bytes: [UInt8]) throws(FrameError) -> [GuestFrame] {
        append(bytes)
        var frames: [GuestFrame] = []
        while let frame = try next() { frames.append(frame) }
        return frames
    }
}
