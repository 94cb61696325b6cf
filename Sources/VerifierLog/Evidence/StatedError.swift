import MatrixModel

/// An errno that a text names, in any form, and the step at which it occurred.
struct StatedError {
    let errno: Int32
    /// `nil` where the line does not say it.
    private(set) var stage: Stage?
    let line: Line

    /// The first failure in `messages` whose step is known, or else the last error that is named.
    static func first(in messages: [Line]) -> StatedError? {
        let lines = messages.suffix(mostLines)
        let all = lines.compactMap(StatedError.init(in:))
        if let first = all.first(where: { $0.stage != nil }) { return first }
        // Chains of errors, as Rust's, name the step in the first line and the errno in the last.
        let stage = lines.lazy.compactMap { Self.stage(in: words(of: $0)) }.first
        // ENOENT usually means a missing file, so for a load it counts only if the text names the load.
        guard var last = all.last(where: { $0.errno != noEntry || stage == .attach || stage == .maps }) else {
            return nil
        }
        last.stage = stage
        return last
    }

    private static let noEntry: Int32 = 2
    private static let firstOfLibbpf: Int32 = 4000
    private static let mostLines = 256

    /// `nil` where `line` names no error.
    init?(in line: Line) {
        guard line.finding == nil else { return nil }
        let text = Self.words(of: line)
        guard let errno = Self.errno(in: text) else { return nil }
        self.errno = errno
        self.line = line
        // libbpf's own error numbers are about objects, regardless of what the caller was about to do.
        stage = errno < Self.firstOfLibbpf ? Self.stage(in: text) : .load
    }

    private static let longest = 2048

    private static func words(of line: Line) -> [UInt8] { line.text.utf8.prefix(longest).map(lowercased) }

    /// The error with which the failure that the line at `place` reports came: its own, or that of the lines around it.
    ///
    /// Chains of errors, as Rust's and Go's, end with the system's answer; a library writes it above what the caller adds.
    static func errno(at place: Int, in messages: [Line]) -> Int32? {
        let below = messages[place...].prefix(linesBelow)
        let above = messages[..<place].suffix(linesAbove).reversed()
        return (below + above).lazy.compactMap { StatedError(in: $0)?.errno }.first
    }

    /// Whether the failure at `place` came when a program was attached, and nothing around it is about a load.
    static func isOfAttachment(at place: Int, in messages: [Line]) -> Bool {
        let words = words(of: messages[place])
        if namesLoad(words) { return false }
        if let stage = stage(in: words) { return stage == .attach }
        let around = messages[place...].dropFirst().prefix(linesBelow) + messages[..<place].suffix(linesAbove)
        let stages = around.compactMap { stage(in: $0) }
        return stages.contains(.attach) && !stages.contains(.load)
    }

    private static func namesLoad(_ text: [UInt8]) -> Bool {
        steps.contains { word, stage in stage == .load && text.range(of: word, from: 0) != nil }
    }

    private static let linesBelow = 8
    private static let linesAbove = 4

    // MARK: Steps

    /// The step that `line` is about; `nil` where it does not say it.
    static func stage(in line: Line) -> Stage? { stage(in: words(of: line)) }

    /// What is named first: `failed to load … and attach` failed to load.
    private static func stage(in text: [UInt8]) -> Stage? {
        var start = 0
        for _ in 0..<mostOthers {
            let found = steps.compactMap { word, stage in text.range(of: word, from: start).map { ($0, stage) } }
            guard let (place, stage) = found.min(by: { $0.0.lowerBound < $1.0.lowerBound }) else { return nil }
            // iproute2 lists the `Attach Type` of a program that it loads.
            let isOther =
                stage == .load
                ? isOfFile(text, from: place.upperBound) : text[place.upperBound...].starts(with: " type:".utf8)
            guard isOther else { return stage }
            // Another word, as `failed to load` behind `loading policy`, may be about the program.
            start = place.upperBound
        }
        return nil
    }

    private static let mostOthers = 4

    /// Whether what was loaded is nothing of BPF: `loading policy 'p'`.
    private static func isOfFile(_ text: [UInt8], from end: Int) -> Bool {
        let rest = text[end...].drop { $0 == 0x20 }
        return files.contains { rest.starts(with: $0.utf8) }
    }

    private static let files = [
        "policy", "policies", "config", "rule", "plugin", "sensor", "kernel version", "settings", "tracing policy",
        "symbols", "shared librar", "environment",
    ]

    private static let steps: [(StaticString, Stage)] = [
        ("map create", .maps), ("create map", .maps), ("creating map", .maps), ("bpf_map_create", .maps),
        ("create the map", .maps), ("failed to create: ", .maps), ("bpf_create_map", .maps),
        ("attach", .attach), ("perf_event_open", .attach), ("perf event", .attach), ("bpf_link_create", .attach),
        ("create link", .attach), ("create tracing link", .attach), ("probe_events", .attach), ("qdisc", .attach),
        ("tc hook", .attach), ("bpf_raw_tracepoint_open", .attach), ("rtnetlink", .attach), ("bpf_set_link", .attach),
        ("load ", .load), ("loading", .load), ("load:", .load), ("prog_load", .load), ("verifier", .load),
    ]

    // MARK: Numbers

    private static func errno(in text: [UInt8]) -> Int32? {
        number(in: text) ?? name(in: text) ?? negative(in: text) ?? words(in: text)
    }

    /// A number after a word that marks it as an error, specific forms first: `strerror_r(-524)=22` is not EINVAL.
    private static func number(in text: [UInt8]) -> Int32? {
        for word in numbered {
            var start = 0
            while let range = text.range(of: word, from: start) {
                start = range.upperBound
                guard let number = signed(in: text, from: range.upperBound), known.contains(number) else { continue }
                return number
            }
        }
        return nil
    }

    private static let numbered: [StaticString] = [
        "strerror_r(", "unknown error ", "os error ", "errno=", "errno: ", "errno ", "errno:", "error=", "error code ",
        "error code: ", "err=", "err: ", "err = ", "error -", "ret=", "ret = ", "rc=", "code=",
    ]

    /// `-22` where a word, a colon or a bracket stands before it, and no further digit or unit behind it.
    private static func negative(in text: [UInt8]) -> Int32? {
        for index in text.indices.reversed() where text[index] == UInt8(ascii: "-") && index > 0 {
            guard [0x20, UInt8(ascii: "("), UInt8(ascii: ":"), UInt8(ascii: "=")].contains(text[index - 1]),
                !isDescriptor(before: index, in: text), let number = signed(in: text, from: index),
                known.contains(number)
            else { continue }
            return number
        }
        // `Invalid argument(22)`, `Permission denied (13)!`
        for index in text.indices where text[index] == UInt8(ascii: "(") {
            guard let number = signed(in: text, from: index + 1, until: UInt8(ascii: ")")),
                let words = words.first(where: { $0.errno == number })?.words,
                let place = text.range(of: words[0], from: 0), place.upperBound <= index
            else { continue }
            return number
        }
        return nil
    }

    /// `invalid perf event FD -1`, `fd=-1`: what a call that failed leaves where a descriptor should be.
    private static func isDescriptor(before index: Int, in text: [UInt8]) -> Bool {
        let word = text[..<index].reversed().drop { $0 < UInt8(ascii: "a") }.prefix { $0 >= UInt8(ascii: "a") }
        return word.elementsEqual("df".utf8)
    }

    /// The number without its sign; `nil` where something else follows it than punctuation.
    private static func signed(in text: [UInt8], from start: Int, until end: UInt8? = nil) -> Int32? {
        var index = start
        if index < text.count, text[index] == UInt8(ascii: "-") { index += 1 }
        let digits = text[index...].prefix(4).prefix { UInt8(ascii: "0")...UInt8(ascii: "9") ~= $0 }
        guard !digits.isEmpty, let number = Int32(String(decoding: digits, as: UTF8.self)) else { return nil }
        guard digits.endIndex < text.count else { return end == nil ? number : nil }
        let next = text[digits.endIndex]
        if let end { return next == end ? number : nil }
        let goesOn = next >= 0x80 || next == UInt8(ascii: "_") || 0x61..<0x7B ~= next || 0x30..<0x3A ~= next
        return goesOn || next == UInt8(ascii: "-") ? nil : number
    }

    // MARK: Names

    /// `EINVAL`, `-EPERM`, `ENOTSUPP`.
    private static func name(in text: [UInt8]) -> Int32? {
        for word in text.split(whereSeparator: { !(0x61..<0x7B ~= $0 || 0x30..<0x3A ~= $0 || $0 == UInt8(ascii: "_")) })
        where word.first == UInt8(ascii: "e") && (4...12).contains(word.count) || word.starts(with: ofLibbpf.utf8) {
            if let errno = names[String(decoding: word, as: UTF8.self)] { return errno }
        }
        return nil
    }

    private static func words(in text: [UInt8]) -> Int32? {
        var last: (place: Int, errno: Int32)?
        for (errno, words) in words {
            for word in words {
                var start = last?.place ?? 0
                while let range = text.range(of: word, from: start) {
                    last = (range.lowerBound, errno)
                    start = range.upperBound
                }
            }
        }
        return last?.errno
    }

    private static let ofLibbpf = "libbpf_errno__"
    private static let known = Set(names.values).union(firstOfLibbpf...4013)

    /// Source: Linux `include/uapi/asm-generic/errno*.h`; ENOTSUPP of `include/linux/errno.h`; `enum libbpf_errno` of libbpf
    /// 0.1 to 1.6, `src/libbpf.h`.
    private static let names: [String: Int32] = [
        "eperm": 1, "enoent": 2, "esrch": 3, "eintr": 4, "eio": 5, "enxio": 6, "e2big": 7, "ebadf": 9, "eagain": 11,
        "enomem": 12, "eacces": 13, "efault": 14, "ebusy": 16, "eexist": 17, "enodev": 19, "einval": 22, "emfile": 24,
        "efbig": 27, "enospc": 28, "erofs": 30, "erange": 34, "enosys": 38, "eilseq": 84, "eopnotsupp": 95,
        "eaddrnotavail": 99, "enotsupp": 524, "ebadfd": 77, "enolink": 67, "etimedout": 110,
        "libbpf_errno__libelf": 4000, "libbpf_errno__format": 4001, "libbpf_errno__kversion": 4002,
        "libbpf_errno__endian": 4003, "libbpf_errno__internal": 4004, "libbpf_errno__reloc": 4005,
        "libbpf_errno__load": 4006, "libbpf_errno__verify": 4007, "libbpf_errno__prog2big": 4008,
        "libbpf_errno__kver": 4009, "libbpf_errno__progtype": 4010, "libbpf_errno__wrngpid": 4011,
        "libbpf_errno__invseq": 4012, "libbpf_errno__nlparse": 4013,
    ]

    /// As glibc, musl, Go and libbpf (`libbpf_strerror`) write them, in lower case; what begins with another one stands behind it.
    private static let words: [(errno: Int32, words: [StaticString])] = [
        (1, ["operation not permitted"]), (2, ["no such file or directory"]), (3, ["no such process"]),
        (5, ["input/output error"]), (7, ["argument list too long"]),
        (9, ["bad file descriptor"]), (11, ["resource temporarily unavailable"]),
        (12, ["cannot allocate memory", "out of memory"]),
        (13, ["permission denied"]), (14, ["bad address"]), (16, ["device or resource busy"]), (17, ["file exists"]),
        (19, ["no such device"]), (6, ["no such device or address"]), (22, ["invalid argument"]),
        (24, ["too many open files"]),
        (28, ["no space left on device"]),
        (34, ["numerical result out of range", "result too large"]), (38, ["function not implemented"]),
        (84, ["invalid or incomplete multibyte"]), (95, ["operation not supported"]),
        (99, ["cannot assign requested address"]),
        (110, ["connection timed out"]),
        (4007, ["kernel verifier blocks program loading"]), (4008, ["program too big"]),
        (4009, ["incorrect kernel version"]), (4010, ["kernel doesn't support this program type"]),
    ]

    private static func lowercased(_ byte: UInt8) -> UInt8 {
        UInt8(ascii: "A")...UInt8(ascii: "Z") ~= byte ? byte | 0x20 : byte
    }
}

extension [UInt8] {
    fileprivate func range(of word: StaticString, from start: Int) -> Range<Int>? {
        span.firstIndex(of: word, from: start).map { $0..<($0 + word.utf8CodeUnitCount) }
    }
}
