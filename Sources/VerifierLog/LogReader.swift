package import MatrixModel

/// Reads a log in pieces, in memory that does not grow with it.
///
/// Every kernel writes last what decided, with the path that led there above it, so what is kept is the end.
package struct LogReader: Sendable {
    /// Room for a report of 7.3 with its 64 events, the totals of 256 functions, and thousands of lines of the failing path.
    static let window = 1 << 20
    /// Room for what loaders write above a log.
    static let headLimit = 64 << 10

    package private(set) var byteCount = 0
    private var lineFeeds = 0
    private var endsWithLineFeed = true
    private var head: [UInt8] = []
    /// The last `window` bytes, after up to as many again that are only still there.
    private var tail: [UInt8] = []

    package init() {}

    /// Lines so far, a last one without a line feed included.
    package var lineCount: Int { lineFeeds + (endsWithLineFeed ? 0 : 1) }

    /// Takes what comes next; a piece may end anywhere, within a character too.
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

/// What is left of a log once it was read.
package struct LogSummary: Sendable {
    package let byteCount: Int
    package let lineCount: Int
    /// The last lines of the verifier's log, without what a loader wrote before each; empty when there is no log.
    ///
    /// Of an abridged log, those after the cut: what stands above it did not lead to them.
    package let lines: [Line]
    /// Whether a guest left out the middle.
    package let isAbridged: Bool
    /// What a loader wrote around the log.
    package let loaderLines: [Line]
    /// Both, in the order in which they were written.
    let allLines: [Line]
    /// Whether a loader's output was read, and not a bare log.
    package let isWrapped: Bool
    /// Whether marks or lines show that there is a log, be it an empty one.
    let hasLog: Bool
    /// The other logs of the text that end with a message, the last one first.
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

    /// - Parameter text: A bare log, or a loader's output with the log in it.
    package init(of text: String) {
        var reader = LogReader()
        reader.feed(text.utf8.span)
        self = reader.finish()
    }

    /// Whether it contains a verifier log, and not just any text.
    package var holdsLog: Bool { lines.contains { $0.kind == .instruction || $0.kind == .total } }

    var isEmpty: Bool { lines.allSatisfy { $0.kind == .blank } }

    /// The closing totals; `nil` for a log without totals, such as el7's for a rejected program.
    package var statistics: ProgramStatistics? { LogStatistics.parse(lines) }
}
