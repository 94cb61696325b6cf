import FoundationEssentials
import Glibc
import Reports
import SystemPackage

/// How commands write: results to stdout, everything else to stderr.
enum Output {
    static func toStderr(_ line: String) {
        inPlace(line + "\n")
    }

    /// To stderr as it is, for a line that is to change.
    static func inPlace(_ text: String) {
        // One write a line, so that lines of parallel tasks do not mix.
        _ = text.withCString { Glibc.write(STDERR_FILENO, $0, strlen($0)) }
    }

    /// To stdout at once, ahead of what is printed later.
    static func write(_ bytes: [UInt8]) throws(CommandFailure) {
        do {
            _ = try FileDescriptor.standardOutput.writeAll(bytes)
        } catch {
            throw CommandFailure(.notMeasured, "cannot write all output: \(error)")
        }
    }

    /// Hands over what is still in stdout's buffer.
    ///
    /// - Throws: `CommandFailure` when not all of the output arrived: half a JSON must not count as success.
    static func finish() throws {
        guard fflush(nil) == 0 else {
            throw CommandFailure(.notMeasured, "cannot write all output: \(Errno(rawValue: errno))")
        }
    }

    static func json(_ value: some Encodable) throws -> String {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
        return String(decoding: try encoder.encode(value), as: UTF8.self)
    }

    /// Columns as wide as their widest cell; the last is not padded.
    static func table(header: [String]? = nil, rows: [[String]]) -> String {
        let all = (header.map { [$0] } ?? []) + rows
        let columns = all.map(\.count).max() ?? 0
        let widths = (0..<columns).map { column in
            all.map { $0.indices.contains(column) ? $0[column].count : 0 }.max() ?? 0
        }
        return all.map { row in
            row.enumerated().map { column, cell in
                column == row.count - 1 ? cell : cell + String(repeating: " ", count: widths[column] - cell.count)
            }.joined(separator: "  ")
        }.joined(separator: "\n")
    }
}

/// What stdout and stderr are connected to.
enum Terminal {
    /// Columns of stdout; `nil` when it is no terminal.
    static var width: Int? { width(of: STDOUT_FILENO) }

    /// Columns; `nil` when `descriptor` is no terminal.
    static func width(of descriptor: Int32) -> Int? {
        var size = winsize()
        guard ioctl(descriptor, UInt(TIOCGWINSZ), &size) == 0, size.ws_col > 0 else { return nil }
        return Int(size.ws_col)
    }

    static func isTerminal(_ descriptor: Int32) -> Bool { isatty(descriptor) == 1 }

    /// Colour on a terminal, unless `NO_COLOR` is set to anything (no-color.org).
    static var style: TerminalTable.Style {
        let refused = getenv("NO_COLOR").map { $0.pointee != 0 } ?? false
        return isTerminal(STDOUT_FILENO) && !refused ? .colour : .plain
    }
}
