import Glibc
import Reports

extension Terminal {
    /// Colour on a terminal, unless `NO_COLOR` is set to anything (no-color.org).
    static var style: TerminalTable.Style {
        let refused = getenv("NO_COLOR").map { $0.pointee != 0 } ?? false
        return isTerminal(STDOUT_FILENO) && !refused ? .colour : .plain
    }
}
