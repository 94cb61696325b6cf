import Reports
import SystemPackage
import VerifierLog

/// What is shown of a log while it is read: never anything that a terminal obeys.
protocol LogDisplay {
    mutating func show(_ piece: [UInt8]) throws(CommandFailure)
    mutating func finish() throws(CommandFailure)
}

struct NoLogDisplay: LogDisplay {
    func show(_ piece: [UInt8]) {}
    func finish() {}
}

/// The log with what repeats itself told once.
struct FoldedLogDisplay: LogDisplay {
    private var folder = LogFolder()

    mutating func show(_ piece: [UInt8]) throws(CommandFailure) {
        try Output.write(TerminalText.escaped(lines: folder.feed(piece)))
    }

    mutating func finish() throws(CommandFailure) {
        try Output.write(TerminalText.escaped(lines: folder.finish()))
    }
}

/// All of the log.
struct RawLogDisplay: LogDisplay {
    /// The bytes of a character that the last piece began and the next one ends.
    private var open: [UInt8] = []
    private var endsLine = true

    mutating func show(_ piece: [UInt8]) throws(CommandFailure) {
        var bytes = open + piece
        // A character has one byte that begins it, 0xC0 and above, and up to three that go on, 0x80 to 0xBF.
        let start = bytes.suffix(3).lastIndex { $0 >= 0xC0 } ?? bytes.endIndex
        open = Array(bytes[start...])
        bytes.removeSubrange(start...)
        endsLine = bytes.last.map { $0 == UInt8(ascii: "\n") } ?? endsLine
        try Output.write(TerminalText.escaped(lines: bytes))
    }

    mutating func finish() throws(CommandFailure) {
        if !open.isEmpty || !endsLine { try Output.write(TerminalText.escaped(lines: open) + [UInt8(ascii: "\n")]) }
    }
}
