/// The last lines of a log.
struct LogTail {
    let lines: [Line]

    /// Without `isWhole`, `log` begins anywhere: half a line, and perhaps half a character, is left out then.
    init(of log: String, isWhole: Bool = true) {
        let bytes = log.utf8
        let lineFeed = UInt8(ascii: "\n")
        let start = isWhole ? bytes.startIndex : bytes.firstIndex(of: lineFeed).map(bytes.index(after:))
        lines = bytes[(start ?? bytes.startIndex)...].split(separator: lineFeed, omittingEmptySubsequences: false)
            .map { Line(Substring($0)) }
    }

    /// The lines above everything that a verifier wrote.
    var opening: [Line] {
        lines.dropLast().prefix { [.blank, .loader, .message].contains($0.kind) }.map(\.self)
    }
}
