/// What a logger, a journal or a container runtime puts before a line: a time, a level, a host, a place in its source.
///
/// Nothing is taken off without a time, a level in brackets, or the name that Docker Compose or kubectl writes.
///
/// Source: RFC 3339, RFC 3164; Linux `kernel/printk/printk.c`; klog v2 `formatHeader`; zap's console encoder; logrus'
/// text formatter; `tracing-subscriber` 0.3 and `env_logger` 0.11; the CRI log format of Kubernetes; Docker Compose;
/// `gh run view --log`.
struct LinePrefix {
    private let bytes: [UInt8]
    private var index = 0

    /// How many bytes of `line` it is; one blank behind it included, since the indentation of what follows counts.
    static func length(in line: Substring) -> Int {
        var prefix = LinePrefix(bytes: Array(line.utf8.prefix(longest)))
        return prefix.scan()
    }

    /// Whether a logger marks `line` as one of a level below a warning, in its prefix or in a field.
    static func isRoutine(_ line: Substring) -> Bool {
        let bytes = Array(line.utf8.prefix(longest))
        let prefix = length(in: line)
        let words = bytes.prefix(prefix).split { !isLetter($0) }
        if words.contains(where: { word in routine.contains { word.elementsEqual($0) } }) { return true }
        return fields.contains { field in
            guard let place = bytes.span.firstIndex(of: field, from: 0) else { return false }
            let value = bytes[(place + field.utf8CodeUnitCount)...].drop { !isLetter($0) }
            return routine.contains { value.prefix(while: isLetter).map { $0 & ~0x20 }.elementsEqual($0) }
        }
    }

    private static let routine = ["TRACE", "DEBUG", "DEBU", "DBG", "INFO", "INF", "NOTICE"].map { Array($0.utf8) }
    private static let fields: [StaticString] = ["level=", "lvl=", "\"level\":", "\"severity\":", "severity="]

    private static let longest = 256
    private static let mostParts = 12

    private init(bytes: [UInt8]) { self.bytes = bytes }

    private mutating func scan() -> Int {
        var end = 0
        var isKnown = skipSource()
        if isKnown { end = index }
        for _ in 0..<Self.mostParts {
            skipBlanks()
            if skipTime() || skipBracket() {
                isKnown = true
            } else if !(isKnown && (skipLevel() || skipStream() || skipPlace() || skipPath() || skipHost())) {
                break
            }
            end = index
        }
        guard end > 0 else { return 0 }
        return end < bytes.count && (bytes[end] == 0x20 || bytes[end] == 0x09) ? end + 1 : end
    }

    // MARK: Parts

    /// `web-1  | ` of Docker Compose, or the job and the step that stand before the time in a saved run of GitHub Actions.
    private mutating func skipSource() -> Bool {
        if let tab = bytes.prefix(160).lastIndex(of: 0x09), tab > 0, bytes[0] > 0x20 {
            index = tab + 1
            if skipTime() { return true }
            index = 0
        }
        let name = bytes.prefix(64).prefix { Self.isWord($0) || $0 == UInt8(ascii: "-") || $0 == UInt8(ascii: ".") }
        guard name.contains(where: Self.isLetter), name.count < bytes.count, bytes[name.count] == 0x20 else {
            return false
        }
        index = name.count
        skipBlanks()
        if skip("| ") {
            index -= 1
            return true
        }
        index = 0
        return false
    }

    /// `2026-11-30T10:00:00.123Z`, `2026/11/30 10:00:00`, `10:00:00.123`, `Nov 30 10:00:00`, `I1130 10:00:00.123456   1`.
    private mutating func skipTime() -> Bool {
        let start = index
        if skipKlog() || skipDateAndClock() || skipSyslogDate() {
            _ = skip(":")
            return true
        }
        index = start
        return false
    }

    private mutating func skipKlog() -> Bool {
        let start = index
        if index < bytes.count, "IWEF".utf8.contains(bytes[index]) {
            index += 1
            if skipDigits(4), skip(" "), skipClock() {
                skipBlanks()
                _ = skipNumber()
                return true
            }
        }
        index = start
        return false
    }

    private mutating func skipDateAndClock() -> Bool {
        let start = index
        let hasDate =
            skipDigits(4) && (skip("-") || skip("/")) && skipDigits(2) && (skip("-") || skip("/")) && skipDigits(2)
        if hasDate {
            if !skip("T") { skipBlanks() }
        } else {
            index = start
        }
        if skipClock() { return true }
        index = start
        return false
    }

    private mutating func skipSyslogDate() -> Bool {
        let start = index
        let day = bytes[min(index, bytes.count)...].prefix(4)
        // As `ctime` writes it, with the year at its end.
        let hasWeekday = Self.weekdays.contains { $0.elementsEqual(day) }
        if hasWeekday { index += 4 }
        let month = bytes[min(index, bytes.count)...].prefix(3)
        if Self.months.contains(where: { $0.elementsEqual(month) }) {
            index += 3
            skipBlanks()
            if skipNumber(), skip(" "), skipClock() {
                if hasWeekday { _ = skip(" ") && skipDigits(4) }
                return true
            }
        }
        index = start
        return false
    }

    private mutating func skipClock() -> Bool {
        guard skipDigits(2), skip(":"), skipDigits(2), skip(":"), skipDigits(2) else { return false }
        if skip(".") || skip(",") { _ = skipNumber() }
        if skip("Z") { return true }
        let zone = index
        if skip("+") || skip("-") {
            let isZone = skipDigits(2)
            _ = skip(":")
            if !isZone || !skipDigits(2) { index = zone }
        }
        return true
    }

    /// `[   12.345678]`, `[    T123]`, `[2026-11-30T10:00:00Z INFO x::y]`, `[pod/name/container]`, `[WARN aya::bpf]`.
    private mutating func skipBracket() -> Bool {
        let start = index
        if skip("<"), skipNumber(), skip(">") { return index < bytes.count && bytes[index] == UInt8(ascii: "[") }
        index = start
        guard skip("[") else { return false }
        skipBlanks()
        let isKnown = skipSeconds() || skipTime() || skipLevel() || skip("pod/") || skipCaller()
        guard isKnown, let end = bytes[index...].firstIndex(of: UInt8(ascii: "]")) else {
            index = start
            return false
        }
        index = end + 1
        _ = skip(":")
        return true
    }

    private mutating func skipSeconds() -> Bool {
        let start = index
        if skipNumber(), skip("."), skipNumber(), index < bytes.count, bytes[index] == UInt8(ascii: "]") { return true }
        index = start
        return false
    }

    /// `T123` and `C0`: CONFIG_PRINTK_CALLER.
    private mutating func skipCaller() -> Bool {
        let start = index
        if skip("T") || skip("C"), skipNumber() { return true }
        index = start
        return false
    }

    private mutating func skipLevel() -> Bool {
        let start = index
        for level in Self.levels where skip(level) || skip(level.lowercased()) {
            if skip("["), skipNumber(), skip("]") { return true }
            if index >= bytes.count || [0x20, 0x09, UInt8(ascii: "]")].contains(bytes[index]) { return true }
            index = start
        }
        return false
    }

    /// Of the CRI: `stdout F`.
    private mutating func skipStream() -> Bool {
        let start = index
        if skip("stdout ") || skip("stderr "), skip("F ") || skip("P ") {
            index -= 1
            return true
        }
        index = start
        return false
    }

    /// `main.go:12:`, `main.go:12]`.
    private mutating func skipPlace() -> Bool {
        let word = bytes[index...].prefix { $0 > 0x20 }
        guard
            let end = Self.sources.lazy.compactMap({ word.firstRange(of: $0.utf8) }).first,
            word[end.upperBound...].first.map({ UInt8(ascii: "0")...UInt8(ascii: "9") ~= $0 }) == true
        else { return false }
        index = end.upperBound
        _ = skipNumber()
        _ = skip("]") || skip(":")
        return true
    }

    /// `my_app::load:`.
    private mutating func skipPath() -> Bool {
        let word = bytes[index...].prefix { $0 > 0x20 }
        guard word.last == UInt8(ascii: ":"), word.firstRange(of: "::".utf8) != nil else { return false }
        index = word.endIndex
        return true
    }

    /// `host program[712]:`, `host kernel:`.
    private mutating func skipHost() -> Bool {
        let start = index
        let host = bytes[index...].prefix { Self.isWord($0) || $0 == UInt8(ascii: "-") || $0 == UInt8(ascii: ".") }
        index = host.endIndex
        if !host.isEmpty, skip(" ") {
            let program = bytes[index...].prefix { $0 > 0x20 }
            let isKernel = program.elementsEqual("kernel:".utf8)
            if isKernel || program.suffix(2).elementsEqual("]:".utf8) && program.contains(UInt8(ascii: "[")) {
                index = program.endIndex
                return true
            }
        }
        index = start
        return false
    }

    // MARK: Scanning

    private mutating func skip(_ text: String) -> Bool {
        guard index <= bytes.count, bytes[index...].starts(with: text.utf8) else { return false }
        index += text.utf8.count
        return true
    }

    private mutating func skipBlanks() {
        while index < bytes.count, bytes[index] == 0x20 || bytes[index] == 0x09 { index += 1 }
    }

    private mutating func skipDigits(_ count: Int) -> Bool {
        guard index + count <= bytes.count, bytes[index..<(index + count)].allSatisfy(Self.isDigit) else {
            return false
        }
        index += count
        return true
    }

    private mutating func skipNumber() -> Bool {
        let start = index
        while index < bytes.count, Self.isDigit(bytes[index]) { index += 1 }
        return index > start
    }

    private static let months = [
        "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
    ].map { Array($0.utf8) }
    private static let weekdays = ["Mon ", "Tue ", "Wed ", "Thu ", "Fri ", "Sat ", "Sun "].map { Array($0.utf8) }
    private static let levels = [
        "TRACE", "DEBUG", "DEBU", "DBG", "INFO", "INF", "NOTICE", "WARNING", "WARN", "WRN", "ERROR", "ERRO", "ERR",
        "FATAL", "FATA", "PANIC", "CRIT",
    ]
    private static let sources = [".go:", ".rs:", ".py:", ".c:", ".cc:", ".cpp:", ".h:"]

    private static func isDigit(_ byte: UInt8) -> Bool { UInt8(ascii: "0")...UInt8(ascii: "9") ~= byte }
    private static func isLetter(_ byte: UInt8) -> Bool { UInt8(ascii: "a")...UInt8(ascii: "z") ~= byte | 0x20 }
    private static func isWord(_ byte: UInt8) -> Bool { isDigit(byte) || isLetter(byte) || byte == UInt8(ascii: "_") }
}
