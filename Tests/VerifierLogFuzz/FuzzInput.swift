import Foundation
import TestSupport

/// Real logs, and mutations of them.
struct FuzzCorpus: Sendable {
    private let logs: [[UInt8]]
    private let lines: [[UInt8]]

    /// Reads the logs; `messages` are lines that verifiers and loaders print when they reject something.
    init(messages: [String]) throws {
        let folder = URL(filePath: #filePath).deletingLastPathComponent().appending(
            path: "../VerifierLogTests/Resources")
        let names = try FileManager.default.contentsOfDirectory(atPath: folder.path).filter { $0.hasSuffix(".log") }
            .sorted()
        logs = try names.map { try [UInt8](Data(contentsOf: folder.appending(path: $0))) }
        lines =
            logs.flatMap { $0.split(separator: UInt8(ascii: "\n")).map(Array.init) } + messages.map { Array($0.utf8) }
    }

    /// The input with this number: the same on every machine and in every run.
    func input(_ number: UInt64) -> FuzzInput {
        var random = Splitmix(seed: number)
        var bytes: [UInt8] =
            switch random.below(8) {
            case 0: (0..<random.below(400)).map { _ in UInt8(truncatingIfNeeded: random.next()) }
            case 1, 2: slice(&random)
            case 3: slice(&random) + slice(&random)
            default:
                (0..<(1 + random.below(12))).flatMap { _ in lines[random.below(lines.count)] + [UInt8(ascii: "\n")] }
            }
        if random.below(3) == 0 { bytes = wrapped(bytes, &random) }
        for _ in 0..<random.below(6) { mutate(&bytes, &random) }
        return FuzzInput(number: number, bytes: bytes, pieceSize: 1 + random.below(max(bytes.count, 1)))
    }

    private func slice(_ random: inout Splitmix) -> [UInt8] {
        let log = logs[random.below(logs.count)]
        let start = random.below(log.count)
        return Array(log[start..<min(start + random.below(500), log.count)])
    }

    /// As loaders and journals do.
    private func wrapped(_ bytes: [UInt8], _ random: inout Splitmix) -> [UInt8] {
        let prefixes = ["\t", "       ", "[   12.345678] ", "Nov 22 10:00:00 host probe[7]: ", "libbpf: "]
        switch random.below(4) {
        case 0:
            return Array("libbpf: prog 'p': -- BEGIN PROG LOAD LOG --\n".utf8) + bytes
                + Array("-- END PROG LOAD LOG --\n".utf8)
        case 1:
            return Array("VerifierLog(\"".utf8) + bytes.flatMap { $0 == UInt8(ascii: "\n") ? Array("\\n".utf8) : [$0] }
        default:
            let prefix = Array(prefixes[random.below(prefixes.count)].utf8)
            return bytes.split(separator: UInt8(ascii: "\n")).flatMap { prefix + $0 + [UInt8(ascii: "\n")] }
        }
    }

    private static let tokens: [[UInt8]] =
        [
            "\0", "\u{1b}[2J", "\u{1b}]0;x\u{7}", "\u{9b}31m", "\u{202e}", "\u{2028}", "\r", "\u{8}\u{8}", "\n", "\t",
            "\\n", "<",
            "</script>", "&", "(", ")", "((((", "=", "99999999999999999999", "-", "0x", " ", ": ", "; ", "R1=", "fp-",
            "from 3 to 7: safe\n", "processed ", "\u{301}", "🐝",
        ].map { Array($0.utf8) } + [[0xFF], [0xC3], [0xE2, 0x80], [0xF0, 0x9F]]

    private func mutate(_ bytes: inout [UInt8], _ random: inout Splitmix) {
        let place = random.below(bytes.count + 1)
        let end = min(place + random.below(60), bytes.count)
        switch random.below(6) {
        case 0: bytes.insert(contentsOf: Self.tokens[random.below(Self.tokens.count)], at: place)
        case 1: bytes.removeSubrange(place..<end)
        case 2: bytes.removeSubrange(place...)
        case 3: for index in place..<end { bytes[index] = UInt8(truncatingIfNeeded: random.next()) }
        case 4 where place < bytes.count: bytes[place] ^= 1 << UInt8(random.below(8))
        default:
            // A loop.
            guard bytes.count < 2000 else { return }
            let round = Array(bytes[place..<end])
            bytes.insert(contentsOf: (0..<random.below(12)).flatMap { _ in round }, at: place)
        }
    }
}

struct FuzzInput: Sendable {
    var number: UInt64
    var bytes: [UInt8]
    var pieceSize: Int

    var pieces: [[UInt8]] {
        stride(from: 0, to: bytes.count, by: pieceSize).map { Array(bytes[$0..<min($0 + pieceSize, bytes.count)]) }
    }
}
