/// Collapses runs of similar lines, such as `from 7 to 9: safe`.
///
/// For the following stages, a run of any length is one item, so that loop iterations do not differ in it.
struct RunFolder<Next: LineSink>: LineSink {
    /// Runs up to this length are left as they are.
    static var shown: Int { 3 }

    var next: Next
    private var key: LineKey?
    private var count = 0
    private var text: [UInt8] = []
    private var firstLine = 0
    /// A state after precision tracking: that of a parent if more tracking follows, otherwise that of the next
    /// instruction.
    private var state: [UInt8] = []
    private var stateKey: LineKey?

    init(next: Next) { self.next = next }

    mutating func take(_ text: Span<UInt8>, _ key: LineKey) {
        if let current = self.key {
            if current == key {
                addState()
                return add(text)
            }
            if current.run == .precision, key == .state, stateKey == nil {
                stateKey = key
                state.replace(with: text)
                return
            }
            finishRun()
        }
        guard key.run != nil else { return next.take(text, key) }
        self.key = key
        add(text)
    }

    mutating func finish() {
        finishRun()
        next.finish()
    }

    private mutating func pass(_ text: [UInt8], _ key: LineKey) { next.take(text.span, key) }

    private mutating func add(_ line: Span<UInt8>) {
        count += 1
        guard count <= Self.shown else { return }
        if count > 1 { text.append(UInt8(ascii: "\n")) }
        text.append(line)
        if count == 1 { firstLine = text.count }
    }

    private mutating func addState() {
        guard stateKey != nil else { return }
        let line = state
        add(line.span)
        stateKey = nil
    }

    private mutating func finishRun() {
        guard var key, let run = key.run else { return }
        key.lines = count
        if count > Self.shown {
            text.removeLast(text.count - firstLine)
            text += Array("\n… \(count - 1) more \(run.rawValue) …".utf8)
        }
        pass(text, key)
        if let stateKey { pass(state, stateKey) }
        self.key = nil
        stateKey = nil
        count = 0
        text.removeAll(keepingCapacity: true)
    }
}

extension [UInt8] {
    mutating func append(_ text: Span<UInt8>) {
        text.withUnsafeBufferPointer { append(contentsOf: $0) }
    }

    mutating func replace(with text: Span<UInt8>) {
        removeAll(keepingCapacity: true)
        append(text)
    }
}
