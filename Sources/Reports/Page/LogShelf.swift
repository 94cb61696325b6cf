import MatrixModel

/// The logs of a report, each once, shortened so that together they stay within a budget.
///
/// Never holds more than twice the budget plus the log just read, regardless of the number and length of logs.
struct LogShelf {
    private let budget: Int
    private var logs: [KeptLog] = []
    private var places: [String: Int] = [:]
    private var held = 0

    init(budget: Int) { self.budget = budget }

    /// The index of the log `name` in `finished()`; reads the log if it is not there yet.
    mutating func index(of name: String, log read: (String) throws -> LogEnds?) rethrows -> Int {
        if let place = places[name] { return place }
        let log = KeptLog(name: name, ends: try read(name))
        places[name] = logs.count
        logs.append(log)
        held += log.size
        if held > 2 * budget { shrink(to: budget) }
        return logs.count - 1
    }

    consuming func finished() -> [KeptLog] {
        if held > budget { shrink(to: budget) }
        return logs
    }

    /// All logs, within `limit` bytes in packed form.
    ///
    /// The packed size is known only after compression.
    ///
    /// - Throws: `ReportError.notCompressed`.
    consuming func packed(within limit: Int) throws -> PackedLogs {
        var budget = budget
        while true {
            if held > budget { shrink(to: budget) }
            let packed = try PackedLogs(logs)
            guard packed.size > limit, budget > 0 else { return packed }
            budget = min(budget, held) * 9 / 10 * limit / packed.size
        }
    }

    /// Shortens the longest logs to a common length, the largest at which all logs fit.
    private mutating func shrink(to budget: Int) {
        var remaining = budget
        var limit = Int.max
        for (position, size) in logs.map(\.size).sorted().enumerated() {
            let share = remaining / (logs.count - position)
            if size > share {
                limit = share
                break
            }
            remaining -= size
        }
        for index in logs.indices { logs[index].cut(to: limit) }
        held = logs.reduce(0) { $0 + $1.size }
    }
}

/// A log, its first and last lines, or the name of a file that is gone.
struct KeptLog: Equatable {
    let name: String
    private(set) var head: String?
    private(set) var omittedLines = 0
    private(set) var tail = ""

    /// `ends` are `nil` if the file is gone.
    init(name: String, ends: LogEnds?) {
        self.name = ends?.file ?? name
        head = ends?.head
        omittedLines = ends?.omittedLines ?? 0
        tail = ends?.tail ?? ""
    }

    var size: Int { (head?.utf8.count ?? 0) + tail.utf8.count }

    /// Keeps at most `limit` bytes in whole lines, three quarters of them at the end, which contains the reason.
    mutating func cut(to limit: Int) {
        guard size > limit, let head else { return }
        let headLimit = limit / 4
        let wholeTail = tail.isEmpty ? Substring(head.utf8.dropFirst(min(headLimit, head.utf8.count))) : Substring(tail)
        let newTail = Self.lastLines(of: wholeTail, within: limit - headLimit)
        let newHead = Self.firstLines(of: head, within: headLimit)
        let kept = Self.lineBreaks(newHead) + Self.lineBreaks(newTail)
        let held = Self.lineBreaks(Substring(head)) + Self.lineBreaks(Substring(tail))
        omittedLines = max(omittedLines + held - kept, 1)
        self.head = String(newHead)
        tail = String(newTail)
    }

    private static func firstLines(of text: String, within limit: Int) -> Substring {
        let part = text.utf8.prefix(limit)
        guard part.count < text.utf8.count else { return text[...] }
        let end = part.lastIndex(of: UInt8(ascii: "\n")).map { part.index(after: $0) } ?? part.startIndex
        return Substring(part[..<end])
    }

    private static func lastLines(of text: Substring, within limit: Int) -> Substring {
        let part = text.utf8.suffix(limit)
        guard part.count < text.utf8.count else { return text }
        // The line break at the end of the log does not begin another line.
        let start = part.dropLast().firstIndex(of: UInt8(ascii: "\n")).map { part.index(after: $0) } ?? part.endIndex
        return Substring(part[start...])
    }

    private static func lineBreaks(_ text: Substring) -> Int {
        var text = text
        return text.withUTF8 { bytes in bytes.count { $0 == UInt8(ascii: "\n") } }
    }
}
