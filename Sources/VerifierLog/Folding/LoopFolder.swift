/// Hides all rounds of a loop but the first and the end of what came last, and says how many they were.
///
/// Two rounds are alike when they are so line by line, by `LineKey`: registers may differ. What may turn out to be a round is
/// held back, up to `longestRound` lines, so the memory is bounded, and each line is held and passed on once, so the time is
/// linear. Loops within loops take one `LoopFolder` behind another.
struct LoopFolder<Next: LineSink>: LineSink {
    /// In lines; a power of two.
    static var longestRound: Int { 8192 }
    static var mostHeldBytes: Int { 1 << 20 }
    /// Of rounds that are shorter, as many are shown at the end as have this many lines.
    private static var leastHeld: Int { 3 }

    var next: Next
    /// The identities of the last `longestRound` lines.
    private var past = [UInt64](repeating: 0, count: longestRound)
    /// Where an instruction was last seen; one that hashes to the same place takes it over.
    private var seen = [(identity: UInt64, position: Int)](repeating: (0, 0), count: 4096)
    private var position = 0
    /// Lines of a round, while lines are like those a round ago.
    private var period: Int?
    /// A shorter period of the same lines, and how many of them it holds for: that of a loop within the loop.
    private var inner: (period: Int, lines: Int)?
    private var held: [(key: LineKey, end: Int)] = []
    private var heldText: [UInt8] = []
    private var hiddenRounds = 0
    private var hiddenLines = 0
    private var instructions: ClosedRange<Int>?

    init(next: Next) { self.next = next }

    mutating func take(_ text: Span<UInt8>, _ key: LineKey) {
        if let period, isLike(key, ago: period) {
            follow(key, within: period)
            if held.count >= Self.mostHeld(period) { hide(period) }
            hold(text, key)
        } else {
            release()
            inner = nil
            period = lastRound(of: key)
            if period != nil { hold(text, key) } else { next.take(text, key) }
        }
        past[position & (Self.longestRound - 1)] = key.identity
        if key.instruction != nil { seen[Self.place(key)] = (key.identity, position) }
        position += 1
    }

    mutating func finish() {
        release()
        next.finish()
    }

    private static func place(_ key: LineKey) -> Int { Int(truncatingIfNeeded: key.identity >> 4) & 4095 }

    private static func mostHeld(_ period: Int) -> Int { (leastHeld + period - 1) / period * period }

    private func isLike(_ key: LineKey, ago period: Int) -> Bool {
        key.identity != 0 && past[(position - period) & (Self.longestRound - 1)] == key.identity
    }

    /// Goes over to the loop within the loop once two of its rounds were seen: it may not have as many next time.
    ///
    /// The rounds that are shown of a loop that an earlier stage folded are fewer.
    private mutating func follow(_ key: LineKey, within period: Int) {
        if let loop = inner, isLike(key, ago: loop.period) {
            inner?.lines += 1
            guard loop.lines + 1 >= 2 * loop.period else { return }
            release()
            self.period = loop.period
            inner = nil
        } else {
            inner = lastRound(of: key).flatMap { $0 < period ? ($0, 1) : nil }
        }
    }

    /// How long ago the instruction was passed last.
    private func lastRound(of key: LineKey) -> Int? {
        guard key.instruction != nil, case let last = seen[Self.place(key)], last.identity == key.identity,
            position - last.position < Self.longestRound
        else { return nil }
        return position - last.position
    }

    private mutating func hold(_ text: Span<UInt8>, _ key: LineKey) {
        heldText.append(text)
        held.append((key, heldText.count))
        if heldText.count > Self.mostHeldBytes {
            release()
            period = nil
        }
    }

    /// Drops the earliest round that is held.
    private mutating func hide(_ period: Int) {
        hiddenRounds += 1
        for (key, _) in held.prefix(period) {
            hiddenLines += key.lines
            guard let more = key.instruction else { continue }
            instructions =
                instructions.map {
                    min($0.lowerBound, more.lowerBound)...max($0.upperBound, more.upperBound)
                } ?? more
        }
        let end = held[period - 1].end
        heldText.removeSubrange(..<end)
        held.removeSubrange(..<period)
        for index in held.indices { held[index].end -= end }
    }

    private mutating func release() {
        if hiddenRounds > 0, let instructions {
            let rounds = "\(hiddenRounds) more iteration\(hiddenRounds == 1 ? "" : "s")"
            let range =
                instructions.count == 1
                ? "instruction \(instructions.lowerBound)"
                : "instructions \(instructions.lowerBound)–\(instructions.upperBound)"
            let text = Array("… \(rounds) of \(range), \(hiddenLines) lines …".utf8)
            next.take(text.span, .ofRounds(instructions, lines: hiddenLines))
        }
        hiddenRounds = 0
        hiddenLines = 0
        instructions = nil
        guard !held.isEmpty else { return }
        var text: [UInt8] = []
        swap(&text, &heldText)
        var start = 0
        for (key, end) in held {
            next.take(text.span.extracting(start..<end), key)
            start = end
        }
        held.removeAll(keepingCapacity: true)
        text.removeAll(keepingCapacity: true)
        swap(&text, &heldText)
    }
}
