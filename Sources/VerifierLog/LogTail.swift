/// The last lines of a log.
///
/// What decided is at the end and a log of level 2 can be hundreds of MiB, so the rest is never looked at.
struct LogTail {
    /// Room for a report of 7.3 with its 64 events, or the totals of 256 functions.
    static let window = 256 << 10

    let lines: [Line]

    init(of log: String, window: Int = LogTail.window) {
        let bytes = log.utf8
        var start = bytes.startIndex
        if let inside = bytes.index(bytes.endIndex, offsetBy: -window, limitedBy: bytes.startIndex) {
            // Half a line, and perhaps half a character, stays outside.
            start = bytes[inside...].firstIndex(of: UInt8(ascii: "\n")).map(bytes.index(after:)) ?? inside
        }
        lines = bytes[start...].split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
            .map { Line(Substring($0)) }
    }
}
