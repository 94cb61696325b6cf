package import MatrixModel

/// Reads a log in pieces, in bounded memory.
///
/// Every kernel prints the deciding message last, after the path that led to it, so the end is kept.
package struct LogReader: Sendable {
    /// Enough for a report of 7.3 with its 64 events, the totals of 256 functions, and thousands of lines of the
    /// failing path.
    static let window = 1 << 20
    /// Enough for a loader's output above a log.
    static let headLimit = 64 << 10

    package private(set) var byteCount = 0
    private var lineFeeds = 0
    private var endsWithLineFeed = true
    private var head: [UInt8] = []
    /// The last `window` bytes, preceded by up to as many that have not been discarded yet.
    private var tail: [UInt8] = []

    package init() {}

    /// The number of lines so far, including a last one without a line feed.
    package var lineCount: Int { lineFeeds + (endsWithLineFeed ? 0 : 1) }

    /// Takes the next piece, which may end anywhere, even within a character.
    package mutating func feed(_ piece: Span<UInt8>) {
        guard !piece.isEmpty else { return }
        byteCount += piece.count
        endsWithLineFeed = piece[piece.count - 1] == UInt8(ascii: "\n")
        piece.withUnsafeBufferPointer { bytes in
            lineFeeds += Self.lineFeeds(in: bytes)
            head.append(contentsOf: bytes.prefix(max(Self.headLimit - head.count, 0)))
            let end = bytes.suffix(Self.window)
            if tail.count + end.count > 2 * Self.window {
                tail.removeFirst(tail.count - min(tail.count, Self.window - min(end.count, Self.window)))
            }
            tail.append(contentsOf: end)
        }
    }

    package mutating func feed(_ piece: [UInt8]) { feed(piece.span) }

    /// A summary of the log so far.
    package func finish() -> LogSummary {
        let kept = tail.suffix(Self.window)
        let isWhole = kept.count == byteCount
        let lineFeedsKept = kept.withUnsafeBufferPointer { Self.lineFeeds(in: $0) }
        return LogSummary(
            byteCount: byteCount, lineCount: lineCount, beginning: isWhole ? [] : LogTail(of: head[...]).opening,
            tail: LogTail(
                of: kept, isWhole: isWhole, firstLine: lineFeeds - lineFeedsKept + 1,
                firstByte: byteCount - kept.count))
    }

    /// Has no bounds check per byte, so that the compiler can vectorize it.
    private static func lineFeeds(in bytes: UnsafeBufferPointer<UInt8>) -> Int {
        var count = 0
        for byte in bytes { count &+= byte == UInt8(ascii: "\n") ? 1 : 0 }
        return count
    }
}

/// The parts of a log that are kept.
package struct LogSummary: Sendable {
    package let byteCount: Int
    package let lineCount: Int
    /// The last lines of the verifier's log, without a loader's prefixes; empty without a log.
    ///
    /// For an abridged log, those after the cut, because the lines before it did not lead to them.
    package let lines: [Line]
    /// Whether a guest omitted the middle.
    package let isAbridged: Bool
    /// A loader's output around the log.
    package let loaderLines: [Line]
    /// Both, in the order of the text.
    let allLines: [Line]
    /// Whether the input was a loader's output rather than a bare log.
    package let isWrapped: Bool
    /// Whether marks or lines show that there is a log, even if it is empty.
    let hasLog: Bool
    /// The other logs of the text that end with a message, last one first.
    package let earlier: [LogSummary]
    /// Whether the text was longer than the part that is kept.
    private let lacksMiddle: Bool

    init(byteCount: Int, lineCount: Int, beginning: [Line], tail: LogTail) {
        self.byteCount = byteCount
        self.lineCount = lineCount
        allLines = beginning + tail.lines
        let extracted = ExtractedLog(from: allLines)
        let cut = extracted.log.lastIndex { LineKind.isCutMark($0.text.utf8.span) }
        isAbridged = cut != nil
        lines = cut.map { Array(extracted.log[($0 + 1)...]) } ?? extracted.log
        loaderLines = extracted.rest
        isWrapped = extracted.isWrapped
        hasLog = extracted.isFound
        earlier = extracted.earlier.map(LogSummary.init(earlier:))
        lacksMiddle = !beginning.isEmpty
    }

    private init(earlier log: [Line]) {
        byteCount = 0
        lineCount = log.count
        lines = log
        isAbridged = false
        loaderLines = []
        allLines = log
        isWrapped = true
        hasLog = true
        earlier = []
        lacksMiddle = false
    }

    /// - Parameter text: A bare log, or a loader's output that contains one.
    package init(of text: String) {
        var reader = LogReader()
        reader.feed(text.utf8.span)
        self = reader.finish()
    }

    /// Whether it contains a verifier log rather than any other text.
    package var holdsLog: Bool { lines.contains { $0.kind == .instruction || $0.kind == .total } }

    var isEmpty: Bool { lines.allSatisfy { $0.kind == .blank } }

    /// The closing totals; `nil` for a log without totals, such as el7's for a rejected program.
    package var statistics: ProgramStatistics? { LogStatistics.parse(lines) }
}
