import Glibc
import MatrixModel

/// Keeps the first and the last lines of a text that arrives in parts.
struct EndsCollector {
    private let limit: Int
    private var head: [UInt8] = []
    private var tail: [UInt8] = []
    private var lineFeeds = 0
    private var count = 0

    /// Keeps at most `limit` bytes, three quarters of them at the end, which contains the reason.
    init(limit: Int) { self.limit = limit }

    private var headLimit: Int { limit / 4 }
    private var tailLimit: Int { limit - headLimit }

    mutating func append(_ part: UnsafeRawBufferPointer) {
        count += part.count
        lineFeeds += Self.lineFeeds(in: part)
        let forHead = min(headLimit - head.count, part.count)
        head += part[..<forHead]
        tail += part[forHead...]
        if tail.count > 2 * tailLimit { tail.removeFirst(tail.count - tailLimit) }
    }

    /// In whole lines, unless everything fits.
    func ends(of file: String) -> LogEnds {
        guard count > limit else {
            return LogEnds(file: file, head: Self.text(head + tail), omittedLines: 0, tail: "")
        }
        let feed = UInt8(ascii: "\n")
        let first = head[..<(head.lastIndex(of: feed).map { $0 + 1 } ?? 0)]
        let end = tail.suffix(tailLimit)
        // The line break at the end of the log does not begin another line.
        let last = end[(end.dropLast().firstIndex(of: feed).map { $0 + 1 } ?? end.endIndex)...]
        let kept = [first, last].reduce(0) { $0 + $1.withUnsafeBytes(Self.lineFeeds) }
        return LogEnds(
            file: file, head: Self.text(first), omittedLines: max(lineFeeds - kept, 1), tail: Self.text(last))
    }

    private static func text(_ bytes: some Collection<UInt8>) -> String { String(decoding: bytes, as: UTF8.self) }

    /// With the C library, because counting hundreds of MiB byte by byte takes seconds without optimization.
    private static func lineFeeds(in bytes: UnsafeRawBufferPointer) -> Int {
        var count = 0
        var position = 0
        while position < bytes.count, let base = bytes.baseAddress,
            let found = memchr(base + position, 10, bytes.count - position)
        {
            count += 1
            position = UnsafeRawPointer(found) - base + 1
        }
        return count
    }
}
