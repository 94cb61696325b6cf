import Glibc
import KernelStore
import MatrixModel
import Synchronization

/// The steps of a fetch on stderr: on a terminal, downloads change one line in place; elsewhere, they print little.
final class FetchDisplay: Sendable {
    private let changesInPlace = Terminal.isTerminal(STDERR_FILENO)
    private let clock = ContinuousClock()
    private let state = Mutex<(received: [String: String], lastLine: ContinuousClock.Instant?)>(([:], nil))

    /// How often the progress of a download is printed if stderr is not a terminal.
    private static let interval = Duration.seconds(10)

    /// Runs `body` with a display, which never leaves a partial line.
    static func showing<Value>(_ body: (FetchDisplay) async throws -> Value) async rethrows -> Value {
        let display = FetchDisplay()
        defer { display.end() }
        return try await body(display)
    }

    func show(_ id: KernelID, _ step: FetchStep) { show("\(id): ", step) }

    /// For a single kernel, which has no id yet; steps that take no time are omitted.
    func show(_ step: FetchStep) {
        if case .extracting = step { return }
        show("", step)
    }

    private func show(_ id: String, _ step: FetchStep) {
        guard case .receiving = step else {
            let clear = state.withLock { state in state.received.removeValue(forKey: id) != nil }
            return Output.toStderr((clear && changesInPlace ? "\r\u{1B}[K" : "") + "\(id)\(step)")
        }
        let line = state.withLock { state -> String? in
            state.received[id] = "\(id)\(step)"
            if changesInPlace {
                // Several downloads run in parallel: there is room for the latest one and the number of the others.
                let others = state.received.count - 1
                return "\r\u{1B}[K\(id)\(step)" + (others > 0 ? " (and \(others) more)" : "")
            }
            let last = state.lastLine ?? clock.now
            guard state.lastLine == nil || clock.now - last >= Self.interval else { return nil }
            defer { state.lastLine = clock.now }
            // Not yet: most downloads finish before a line is worthwhile.
            return state.lastLine == nil ? nil : "\(id)\(step)"
        }
        guard let line else { return }
        if changesInPlace { Output.inPlace(line) } else { Output.toStderr(line) }
    }

    /// Clears a partial line before the next line.
    private func end() {
        guard changesInPlace, state.withLock({ !$0.received.isEmpty }) else { return }
        Output.inPlace("\r\u{1B}[K")
    }
}
