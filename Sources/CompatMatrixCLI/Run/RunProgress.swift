import Glibc
import GuestLink
import MatrixModel
import MatrixSession
import Reports
import RunPlanning

/// The progress of a run on stderr.
///
/// On a terminal, one line changes: completed cells, remaining time, running cells. Elsewhere, each kernel gets a line
/// when its cells are done. In both cases, an unexpected verdict gets a line immediately.
struct RunProgress: RunDisplay {
    typealias Instant = ContinuousClock.Instant

    enum Style: Equatable {
        /// `width` in columns.
        case changingLine(width: Int)
        case lines
    }

    private let style: Style
    private let guests: Int
    private let namesLoader: Bool
    private let write: @Sendable (String) -> Void
    private var forecast: RunForecast
    private var kernels: [String: KernelTally]
    private var hasEnded = false

    /// Prepares for the cells that will be measured, with that many concurrent guests.
    ///
    /// `expected` contains durations from earlier runs, in seconds.
    init(
        cells: [CellKey], expected: [CellKey: Double], guests: Int, style: Style = .ofStderr,
        write: @escaping @Sendable (String) -> Void = Output.inPlace
    ) {
        self.style = style
        self.guests = guests
        self.write = write
        namesLoader = Set(cells.map(\.loader)).count > 1
        forecast = RunForecast(cells: cells, expected: expected)
        kernels = cells.reduce(into: [:]) { kernels, cell in
            kernels[cell.kernel, default: KernelTally(kernel: cell.kernel)].expectCell()
        }
    }

    mutating func guestUp(_ kernel: KernelID, hello: Hello, start: Start, readySeconds: Double, at now: Instant = .now)
    {
        kernels[kernel.text]?.guestUp(release: hello.release, start: start, readySeconds: readySeconds, at: now)
        redraw(at: now)
    }

    mutating func cellBegan(_ cell: CellKey, at now: Instant = .now) {
        forecast.began(cell, at: now)
        redraw(at: now)
    }

    mutating func cellWillRepeat(_ cell: CellKey, at now: Instant = .now) {
        forecast.stopped(cell)
        redraw(at: now)
    }

    mutating func cellIsOver(_ result: CellResult, at now: Instant = .now) {
        forecast.finished(result.key, seconds: result.seconds.total)
        kernels[result.kernel]?.add(result)
        if !result.asExpected, result.verdict != .notMeasured { line(unexpected(result)) }
        if style == .lines, let kernel = kernels[result.kernel], kernel.isOver { line(kernel.line(at: now)) }
        redraw(at: now)
    }

    /// Updates the changing line on a terminal.
    func redraw(at now: Instant = .now) {
        guard case .changingLine(let width) = style, !hasEnded, forecast.total > 0 else { return }
        write(Self.clear + TerminalText.shortened(status(at: now), to: width - 1))
    }

    /// Ends the changing line; elsewhere, prints the lines of interrupted kernels.
    mutating func end(at now: Instant = .now) {
        guard !hasEnded else { return }
        hasEnded = true
        guard style == .lines else { return write(Self.clear) }
        let interrupted = kernels.values.filter { $0.done > 0 && !$0.isOver }
        for text in interrupted.map({ $0.line(at: now) }).sorted() { line(text) }
    }

    /// `412/1017 cells, about 38 s left: debian-6.1 readline/plain (aya), ubuntu-5.4 events/ringbuf (libbpf)`.
    private func status(at now: Instant) -> String {
        var text = "\(forecast.done)/\(forecast.total) cells"
        if let seconds = forecast.secondsLeft(at: now, guests: guests), seconds > 0 {
            text += ", about \(Self.words(seconds)) left"
        }
        // By kernel, so that a name stays in its place while other guests continue.
        let running = forecast.running.sorted { $0.cell.kernel < $1.cell.kernel }.map {
            "\($0.cell.kernel) \(name(of: $0.cell))"
        }
        return TerminalText.escaped(running.isEmpty ? text : "\(text): \(running.joined(separator: ", "))")
    }

    private func unexpected(_ result: CellResult) -> String {
        let place = result.stage.map { " at \($0.rawValue)" } ?? ""
        let causes = Set(result.programs.compactMap(\.cause?.id)).sorted().joined(separator: ", ")
        let isSameVerdict = result.verdict == result.expected
        return TerminalText.escaped(
            "\(result.kernel) \(name(of: result.key)): \(result.verdict.rawValue)\(place)"
                + (causes.isEmpty ? "" : " (\(causes))")
                + (isSameVerdict ? ", but expected another cause" : ", expected \(result.expected.rawValue)"))
    }

    private func name(of cell: CellKey) -> String {
        "\(cell.probe)/\(cell.variant)" + (namesLoader ? " (\(cell.loader))" : "")
    }

    private func line(_ text: String) { write((style == .lines ? "" : Self.clear) + text + "\n") }

    private static let clear = "\r\u{1B}[K"

    private static func words(_ seconds: Double) -> String {
        switch seconds {
        case ..<100: "\(max(1, Int(seconds.rounded(.up)))) s"
        case ..<6000: "\(Int((seconds / 60).rounded())) min"
        default: "\(Int((seconds / 3600).rounded())) h"
        }
    }
}

extension RunProgress.Style {
    /// The style for the current stderr.
    static var ofStderr: RunProgress.Style {
        Terminal.isTerminal(STDERR_FILENO) ? .changingLine(width: Terminal.width(of: STDERR_FILENO) ?? 80) : .lines
    }
}

/// The results of a run on one kernel, for one line.
struct KernelTally {
    typealias Instant = ContinuousClock.Instant

    private let kernel: String
    private(set) var cells = 0
    private(set) var done = 0
    private var unexpected = 0
    private var notMeasured = 0
    private var reasons: Set<String> = []
    private var guest: (release: String, start: Start, readySeconds: Double, came: Instant)?

    init(kernel: String) { self.kernel = kernel }

    var isOver: Bool { done == cells }

    mutating func expectCell() { cells += 1 }

    /// Only the first guest of a kernel is of interest.
    mutating func guestUp(release: String, start: Start, readySeconds: Double, at now: Instant) {
        if guest == nil { guest = (release, start, readySeconds, now) }
    }

    mutating func add(_ result: CellResult) {
        done += 1
        if result.verdict == .notMeasured {
            notMeasured += 1
            if let reason = result.reason { reasons.insert(reason) }
        } else if !result.asExpected {
            unexpected += 1
        }
    }

    /// `debian-6.1: 6.1.0-56-amd64, warm start, ready in 0.3 s, 36 cells in 8.1 s, 2 not as expected`.
    func line(at now: Instant) -> String {
        var parts: [String] = []
        if let guest {
            let seconds = ((now - guest.came) / .milliseconds(100)).rounded() / 10
            let ready = (guest.readySeconds * 100).rounded() / 100
            parts = [
                guest.release, "\(guest.start.rawValue) start", "ready in \(ready) s",
                "\(isOver ? "" : "\(done) of ")\(Self.count(cells)) in \(seconds) s",
            ]
        }
        if unexpected > 0 { parts.append("\(unexpected) not as expected") }
        if notMeasured > 0 { parts.append(gap) }
        return TerminalText.escaped("\(kernel): \(parts.joined(separator: ", "))")
    }

    private var gap: String {
        let count = guest == nil ? Self.count(notMeasured) : "\(notMeasured)"
        guard let first = reasons.min() else { return "\(count) not measured" }
        let others =
            switch reasons.count {
            case 1: ""
            case 2: " (and 1 other reason)"
            default: " (and \(reasons.count - 1) other reasons)"
            }
        return "\(count) not measured: \(first)\(others)"
    }

    private static func count(_ cells: Int) -> String { cells == 1 ? "1 cell" : "\(cells) cells" }
}
