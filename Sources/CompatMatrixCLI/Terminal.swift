import Glibc
import Reports

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
