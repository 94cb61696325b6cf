/// The lines at the end of a text.
struct LogTail {
    let lines: [Line]

    /// Without `isWhole`, `log` begins anywhere, and a partial line or character at its beginning is dropped.
    ///
    /// `firstLine` and `firstByte` are its position in the text.
    init(of log: ArraySlice<UInt8>, isWhole: Bool = true, firstLine: Int = 1, firstByte: Int = 0) {
        // Repairing invalid UTF-8 changes the length, but never the number of line feeds.
        let text = String(decoding: log, as: UTF8.self)
        let lineFeed = UInt8(ascii: "\n")
        var pieces: [WrappedLines.Piece] = []
        var start = log.startIndex
        for (number, part) in text.utf8.split(separator: lineFeed, omittingEmptySubsequences: false).enumerated() {
            let end = log[start...].firstIndex(of: lineFeed) ?? log.endIndex
            let bytes = (start - log.startIndex + firstByte)..<(end - log.startIndex + firstByte)
            start = min(end + 1, log.endIndex)
            if number == 0, !isWhole, log[start...].contains(where: { $0 > 0x20 }) { continue }
            pieces.append(
                WrappedLines.Piece(
                    text: Substring(part), origin: Line.Origin(line: firstLine + number, bytes: bytes)))
        }
        lines = PlainLines(pieces).lines
    }

    /// The lines above everything that a verifier wrote.
    var opening: [Line] {
        lines.dropLast().prefix { [.blank, .loader, .message].contains($0.kind) }.map(\.self)
    }
}
