package import ArgumentParser
import Reports
import ResultStore
import SystemPackage
import VerifierLog

/// `compat-matrix explain`: explains a verifier log from any source.
package struct Explain: AsyncParsableCommand {
    package static let configuration = CommandConfiguration(
        commandName: "explain",
        abstract: "Explain a verifier log, or loader output that contains one.",
        discussion: """
            Prints the log with repeated loop iterations collapsed, then the answer in one sentence, the cause, the line \
            that decided, the reason, a suggestion, the location and path, and the verifier's statistics. The text can \
            come from a terminal, a journal, an issue or a JSON log. If it contains several logs, the last one is \
            explained first.
            """)

    @Flag(help: "Print the whole log, without collapsing loop iterations.")
    var raw = false

    @Option(help: "Output format; markdown and json leave out the log.") var format: ExplainFormat = .text

    @Flag(help: "The same as --format json.")
    var json = false

    @Argument(help: "The log file, optionally gzip-compressed; - reads standard input.")
    var file = "-"

    package init() {}

    package func validate() throws {
        if json && format == .markdown {
            throw ValidationError("--json and --format markdown cannot be combined: use one of them")
        }
        if raw && chosenFormat == .json {
            throw ValidationError("--raw and --json cannot be combined: the JSON does not contain the log")
        }
        if raw && chosenFormat == .markdown {
            throw ValidationError(
                "--raw and --format markdown cannot be combined: the Markdown does not contain the log")
        }
    }

    private var chosenFormat: ExplainFormat { json ? .json : format }

    package func run() async throws {
        let explanation = LogExplanation(of: try read())
        let name = file == "-" ? "standard input" : file
        switch chosenFormat {
        case .text: print("\n" + explanation.text(name: name))
        case .markdown: print(ExplanationMarkdown(explanation: explanation, name: name).text)
        case .json: print(try Output.json(explanation))
        }
    }

    /// Shows the log while it is read, because it may be too long for memory.
    private func read() throws -> LogSummary {
        var reader = LogReader()
        var display: any LogDisplay =
            if chosenFormat != .text { NoLogDisplay() } else if raw { RawLogDisplay() } else { FoldedLogDisplay() }
        var transcoder = TextTranscoder()
        func take(_ piece: [UInt8]) throws(CommandFailure) {
            reader.feed(piece)
            try display.show(piece)
        }
        do {
            var input = try GzipFile(reading: open(), path: FilePath(file))
            try input.read { part in
                try take(transcoder.feed(Array(part)))
            }
            try take(transcoder.finish())
        } catch let error as Errno {
            throw CommandFailure(.invalidInput, "cannot read the log \(file): \(error)")
        } catch ResultStoreError.unreadableLog(_, let error) {
            throw CommandFailure(.invalidInput, "cannot read the log \(file): \(error)")
        } catch ResultStoreError.damagedLog {
            throw CommandFailure(
                .invalidInput, "cannot read the log \(file): the compressed data is damaged or truncated")
        }
        try display.finish()
        return reader.finish()
    }

    private func open() throws -> FileDescriptor {
        try file == "-" ? .standardInput.duplicate() : .open(FilePath(file), .readOnly)
    }
}

/// How a log is shown while it is read, without anything that a terminal would interpret.
protocol LogDisplay {
    mutating func show(_ piece: [UInt8]) throws(CommandFailure)
    mutating func finish() throws(CommandFailure)
}

struct NoLogDisplay: LogDisplay {
    func show(_ piece: [UInt8]) {}
    func finish() {}
}

/// The log with repeated loop iterations collapsed.
struct FoldedLogDisplay: LogDisplay {
    private var folder = LogFolder()

    mutating func show(_ piece: [UInt8]) throws(CommandFailure) {
        try Output.write(TerminalText.escaped(lines: folder.feed(piece)))
    }

    mutating func finish() throws(CommandFailure) {
        try Output.write(TerminalText.escaped(lines: folder.finish()))
    }
}

/// The complete log.
struct RawLogDisplay: LogDisplay {
    /// The bytes of a character that began in the last piece and continues in the next.
    private var open: [UInt8] = []
    private var endsLine = true

    mutating func show(_ piece: [UInt8]) throws(CommandFailure) {
        var bytes = open + piece
        // A character has one leading byte, 0xC0 or above, and up to three continuation bytes, 0x80 to 0xBF.
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
