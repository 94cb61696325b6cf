/// Hides all iterations of a loop but the first and the last ones, and prints the number of hidden ones.
///
/// Two iterations are equal if all their lines have equal `LineKey`s; registers may differ. Up to `longestRound` lines
/// that may turn out to be an iteration are held back, so memory is bounded, and each line is held and passed on once.
struct LoopFolder<Next: LineSink>: LineSink {
    /// In lines; a power of two.
    static var longestRound: Int { 8192 }
    static var mostHeldBytes: Int { 1 << 20 }
    /// Of short iterations, enough are shown at the end to reach this number of lines.
    private static var leastHeld: Int { 3 }

    var next: Next
    /// The identities of the last `longestRound` lines.
    private var past = [UInt64](repeating: 0, count: longestRound)
    /// The position at which an instruction was last seen; an instruction with the same hash replaces it.
    private var seen = [(identity: UInt64, position: Int)](repeating: (0, 0), count: 4096)
    private var position = 0
    /// The number of lines per iteration, while lines repeat with this period.
    private var period: Int?
    /// A shorter period of the same lines, and the number of lines for which it holds: a loop within the loop.
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

    /// Switches to the inner loop once two of its iterations were seen, because their number may vary.
    ///
    /// If an earlier stage collapsed the loop, fewer of its iterations are visible.
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

    /// The number of lines since the instruction was last passed.
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

    /// Drops the earliest iteration that is held.
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
