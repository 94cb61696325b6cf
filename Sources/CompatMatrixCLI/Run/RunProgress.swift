import Glibc
import GuestLink
import MatrixModel

/// What people see on stderr while they wait: one line that changes on a terminal, a line per event elsewhere.
struct RunProgress {
    private let total: Int
    private var done = 0
    private let changesInPlace = Terminal.isTerminal(STDERR_FILENO)

    init(total: Int) { self.total = total }

    mutating func guestUp(_ kernel: KernelID, hello: Hello, start: Start, readySeconds: Double) {
        let seconds = (readySeconds * 100).rounded() / 100
        line("\(kernel): \(hello.release), \(start.rawValue) start, ready in \(seconds) s")
    }

    mutating func cell(_ result: CellResult) {
        done += 1
        let text = "[\(done)/\(total)] \(result.kernel) \(result.probe)/\(result.variant): \(result.verdict.rawValue)"
        // Without a terminal only what went wrong is worth a line; the table follows.
        if changesInPlace { show(text) } else if result.verdict != .pass, !result.asExpected { line(text) }
    }

    func end() { if changesInPlace { show("") } }

    private func line(_ text: String) { Output.toStderr(changesInPlace ? "\r\u{1B}[K\(text)" : text) }

    private func show(_ text: String) { Output.inPlace("\r\u{1B}[K\(text)") }
}
