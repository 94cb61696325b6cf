import CZlib
import Foundation

/// The logs of a report, compressed by the piece, for a page that opens one at a time.
///
/// `index` has an entry a log: `[piece, bytes before it, bytes of its beginning]`, behind it where lines are left out
/// `[lines, bytes of its end, file]`; `[file]` alone for a log that is gone. A piece is what `DecompressionStream("deflate")`
/// takes, in Base64: RFC 1950 in RFC 4648.
struct PackedLogs: Encodable {
    private(set) var index: [Entry] = []
    private(set) var pieces: [String] = []

    /// Large enough for logs to share repeated text, small enough to be opened instantly.
    private static let pieceSize = 1 << 20

    enum Entry: Encodable, Equatable {
        case gone(file: String)
        case whole(piece: Int, offset: Int, length: Int)
        case ends(piece: Int, offset: Int, head: Int, omittedLines: Int, tail: Int, file: String)

        func encode(to encoder: any Encoder) throws {
            var values = encoder.unkeyedContainer()
            switch self {
            case .gone(let file): try values.encode(file)
            case .whole(let piece, let offset, let length):
                for number in [piece, offset, length] { try values.encode(number) }
            case .ends(let piece, let offset, let head, let omittedLines, let tail, let file):
                for number in [piece, offset, head, omittedLines, tail] { try values.encode(number) }
                try values.encode(file)
            }
        }
    }

    /// - Throws: `ReportError.notCompressed`.
    init(_ logs: [KeptLog]) throws {
        var piece: [UInt8] = []
        for log in logs {
            guard let head = log.head else {
                index.append(.gone(file: log.name))
                continue
            }
            let start = piece.count, headLength = head.utf8.count
            piece.append(contentsOf: head.utf8)
            if log.omittedLines == 0 {
                index.append(.whole(piece: pieces.count, offset: start, length: headLength))
            } else {
                piece.append(contentsOf: log.tail.utf8)
                index.append(
                    .ends(
                        piece: pieces.count, offset: start, head: headLength, omittedLines: log.omittedLines,
                        tail: log.tail.utf8.count, file: log.name))
            }
            if piece.count >= Self.pieceSize {
                pieces.append(try Self.packed(piece))
                piece.removeAll(keepingCapacity: true)
            }
        }
        if !piece.isEmpty { pieces.append(try Self.packed(piece)) }
    }

    var size: Int { pieces.reduce(0) { $0 + $1.utf8.count } }

    /// At the fastest level: verifier logs are so repetitive that the others gain little and take several times as
    /// long.
    private static func packed(_ bytes: [UInt8]) throws -> String {
        var length = compressBound(UInt(bytes.count))
        var result = [UInt8](repeating: 0, count: Int(length))
        let status = compress2(&result, &length, bytes, UInt(bytes.count), Z_BEST_SPEED)
        guard status == Z_OK else { throw ReportError.notCompressed(status: status) }
        return Data(result.prefix(Int(length))).base64EncodedString()
    }
}
