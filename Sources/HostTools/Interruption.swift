import Dispatch
import Glibc
import Synchronization

/// Handling of Ctrl-C and SIGTERM.
package enum Interruption {
    private struct State {
        var hasHappened = false
        var cancelCurrent: (@Sendable () -> Void)?
    }

    private static let state = Mutex(State())

    /// Done once: libdispatch cannot observe a signal again that was ignored in between.
    private static let isListening: Bool = {
        for number in [SIGINT, SIGTERM] {
            signal(number, SIG_IGN)
            let source = DispatchSource.makeSignalSource(signal: number, queue: .global())
            source.setEventHandler {
                // Its own handler keeps it alive as long as the process.
                _ = source
                let cancel = state.withLock { state in
                    state.hasHappened = true
                    return state.cancelCurrent
                }
                cancel?()
                signal(number, SIG_DFL)
            }
            source.resume()
        }
        return true
    }()

    /// Runs `body`, and cancels it on SIGINT or SIGTERM: guests are ended and results are kept.
    ///
    /// A second signal ends the process immediately, and guests with it. If a signal arrived earlier, `body` does not
    /// start.
    package static func cancelling<Result: Sendable>(
        _ body: @escaping @Sendable () async throws -> Result
    ) async throws -> Result {
        _ = isListening
        let task = Task { try await body() }
        let isTooLate = state.withLock { state in
            state.cancelCurrent = { task.cancel() }
            return state.hasHappened
        }
        defer { state.withLock { $0.cancelCurrent = nil } }
        if isTooLate { task.cancel() }
        let result = await task.result
        if isTooLate { throw CancellationError() }
        return try result.get()
    }
}
