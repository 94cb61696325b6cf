import FoundationEssentials
import Glibc
import Reports
import SystemPackage

/// How commands write: results to stdout, everything else to stderr.
enum Output {
    static func toStderr(_ line: String) {
        inPlace(line + "\n")
    }

    /// Writes to stderr without a line break, for a line that changes in place.
    static func inPlace(_ text: String) {
        // One write per line, so that lines of parallel tasks do not mix.
        _ = text.withCString { Glibc.write(STDERR_FILENO, $0, strlen($0)) }
    }

    /// Writes to stdout immediately, ahead of buffered output.
    static func write(_ bytes: [UInt8]) throws(CommandFailure) {
        do {
            _ = try FileDescriptor.standardOutput.writeAll(bytes)
        } catch {
            throw CommandFailure(.notMeasured, "cannot write all output: \(error)")
        }
    }

    /// Flushes stdout.
    ///
    /// - Throws: `CommandFailure` if some output was lost: truncated JSON must not count as success.
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
    /// Columns of stdout; `nil` if it is not a terminal.
    static var width: Int? { width(of: STDOUT_FILENO) }

    /// Columns; `nil` if `descriptor` is not a terminal.
    static func width(of descriptor: Int32) -> Int? {
        var size = winsize()
        guard ioctl(descriptor, UInt(TIOCGWINSZ), &size) == 0, size.ws_col > 0 else { return nil }
        return Int(size.ws_col)
    }

    static func isTerminal(_ descriptor: Int32) -> Bool { isatty(descriptor) == 1 }

    /// Color on a terminal, unless `NO_COLOR` is set (no-color.org).
    static var style: TerminalTable.Style {
        let refused = getenv("NO_COLOR").map { $0.pointee != 0 } ?? false
        return isTerminal(STDOUT_FILENO) && !refused ? .colour : .plain
    }
}
