import ArgumentParser
import Glibc
import Logging
import Reports

/// The option of commands that start tools or guests.
struct DiagnosticsOptions: ParsableArguments {
    @Flag(
        help: """
            Log started tools and guests, downloads, snapshots and retries to stderr. COMPAT_MATRIX_LOG=trace shows \
            more, and works for every command.
            """)
    var verbose = false
}

protocol HasDiagnostics: SendableMetatype {
    var diagnostics: DiagnosticsOptions { get }
}

/// The log that a bug report should carry; off unless it is requested.
struct DiagnosticsLog: LogHandler {
    static let variable = "COMPAT_MATRIX_LOG"

    var logLevel: Logger.Level
    var metadata: Logger.Metadata = [:]
    private let start = ContinuousClock.now

    init(level: Logger.Level) { logLevel = level }

    /// Sets up logging for this process; `Logger.current` is silent otherwise.
    ///
    /// - Throws: `CommandFailure` with `.usage` if the variable has another value.
    static func bootstrap(verbose: Bool) throws(CommandFailure) {
        let level = try level(verbose: verbose, variable: getenv(variable).map { String(cString: $0) } ?? "")
        let handler: any LogHandler = level.map(DiagnosticsLog.init) ?? SwiftLogNoOpLogHandler()
        LoggingSystem.bootstrap { _ in handler }
    }

    /// The more detailed of the levels that flag and variable request; `nil` for no log.
    static func level(verbose: Bool, variable text: String) throws(CommandFailure) -> Logger.Level? {
        let flag: Logger.Level? = verbose ? .debug : nil
        guard !text.isEmpty else { return flag }
        guard let level = [Logger.Level.trace, .debug, .info].first(where: { $0.rawValue == text }) else {
            throw CommandFailure(.usage, "\(variable) is '\(text)'; expected trace, debug or info")
        }
        return min(level, flag ?? level)
    }

    subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { metadata[key] }
        set { metadata[key] = newValue }
    }

    func log(event: LogEvent) {
        let all = metadata.merging(event.metadata ?? [:]) { _, new in new }
        let values = all.sorted { $0.key < $1.key }.map { " [\($0.key) \($0.value)]" }.joined()
        let line = TerminalText.escaped("\(seconds) \(event.level): \(event.message)\(values)")
        // Clears a line that changes in place; it is drawn again afterwards.
        Output.inPlace((Terminal.isTerminal(STDERR_FILENO) ? "\r\u{1B}[K" : "") + line + "\n")
    }

    /// Since the start, such as `1.024 s`.
    private var seconds: String {
        let milliseconds = Int((ContinuousClock.now - start) / .milliseconds(1))
        let fraction = String(milliseconds % 1000)
        return "\(milliseconds / 1000).\(String(repeating: "0", count: 3 - fraction.count))\(fraction) s"
    }
}
