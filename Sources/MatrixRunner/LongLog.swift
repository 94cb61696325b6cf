/// The archive for texts of a run: verifier logs, consoles, and loader output.
package protocol LogArchive: Sendable {
    /// Stores `text` and returns the reference to it, `logs/<sha256>.txt`.
    func storeLog(_ text: [UInt8]) throws -> String
    /// Starts a text that is too long for memory.
    func beginLongLog() throws -> any LongLog
}

/// A text too long for memory, stored elsewhere while it arrives; it is discarded with this value unless `keep()` is
/// called.
package protocol LongLog: Sendable {
    func append(_ bytes: [UInt8]) throws
    /// Ends and keeps the text, and returns the reference to it (`logs/<sha256>.txt`).
    func keep() throws -> String
}

/// Collects one text from its parts.
struct LogCollector {
    /// The part of a longer text that stays in memory: enough for the messages, the states before them and all totals.
    static let limit = 1 << 20

    /// The whole text, or only its end if `long` contains all of it.
    private(set) var end: [UInt8] = []
    private(set) var long: (any LongLog)?
    private(set) var count = 0

    /// Appends the next part.
    ///
    /// `begin` provides a place for the text once it becomes long; without it, the text stays in memory.
    mutating func append(_ part: [UInt8], begin: LongLogs?) throws {
        count += part.count
        end += part
        if let long {
            try long.append(part)
        } else if end.count > Self.limit, let begin {
            let text = try begin()
            try text.append(end)
            long = text
        }
        // Not for each part: every byte would be moved many times.
        if long != nil, end.count > 2 * Self.limit { shorten() }
    }

    mutating func finish() { if long != nil { shorten() } }

    private mutating func shorten() { end.removeFirst(max(0, end.count - Self.limit)) }
}

/// Starts a long text.
package typealias LongLogs = @Sendable () throws -> any LongLog
