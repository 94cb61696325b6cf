import Dispatch
import Glibc

/// Ctrl-C and its like.
enum Interruption {
    /// Runs `body`, and cancels it on SIGINT or SIGTERM: guests are ended and what was found is kept.
    ///
    /// A second signal ends the process at once; guests end with it.
    static func cancelling<Result: Sendable>(
        _ body: @escaping @Sendable () async throws -> Result
    ) async throws -> Result {
        let task = Task { try await body() }
        let sources = [SIGINT, SIGTERM].map { number in
            signal(number, SIG_IGN)
            let source = DispatchSource.makeSignalSource(signal: number, queue: .global())
            source.setEventHandler {
                task.cancel()
                signal(number, SIG_DFL)
            }
            source.resume()
            return source
        }
        defer { for source in sources { source.cancel() } }
        return try await task.value
    }
}
