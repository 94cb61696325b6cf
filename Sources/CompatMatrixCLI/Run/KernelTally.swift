import MatrixModel
import Reports

/// What a run has measured on one kernel, for one line.
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

    /// Guests that follow the first are not what people ask about.
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
