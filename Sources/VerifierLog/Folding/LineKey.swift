/// The key that two lines share if they are the same step of two loop iterations.
struct LineKey: Equatable {
    /// 0 for a line that is unlike all others.
    var identity: UInt64
    /// The instruction in the line; two iterations of a loop begin with the same one.
    var instruction: ClosedRange<Int>?
    /// The number of log lines that it represents.
    var lines = 1
    /// The kind of run, if consecutive lines of this kind can be collapsed.
    var run: Run?

    enum Run: String {
        case pruned = "pruned paths"
        case precision = "lines of precision tracking"
        case types = "lines of BTF"
    }

    static func == (left: LineKey, right: LineKey) -> Bool {
        left.identity == right.identity && left.identity != 0
    }

    init(identity: UInt64 = 0) { self.identity = identity }

    /// The key of `line`, which must not include a loader's prefix.
    init(of line: Span<UInt8>, kind: LineKind) {
        self.init()
        let start = line.end(ofRun: 0x20, from: 0)
        switch kind {
        case .instruction:
            let index = line.number(from: start)?.value ?? 0
            identity = Self.identity(1, UInt64(index))
            instruction = index...index
        case .branch:
            let branch = Branch(line, from: start)
            identity = Self.identity(2, UInt64(branch?.origin ?? 0) << 32 | UInt64(branch?.target ?? 0))
        case .state: self = .state
        case .blank: identity = Self.identity(4, 0)
        case .source, .note: identity = Self.identity(5, Self.digest(line))
        case .pruned: self = Self.ofRun(.pruned, 6)
        case .precision: self = Self.ofRun(.precision, 7)
        case .types: self = Self.ofRun(.types, 8)
        case .total, .loader, .message: break
        }
    }

    /// The registers at some position.
    static let state = LineKey(identity: identity(3, 0))

    /// The key of the line that represents hidden iterations of `instructions`.
    static func ofRounds(_ instructions: ClosedRange<Int>, lines: Int) -> LineKey {
        var key = LineKey(
            identity: identity(9, UInt64(instructions.lowerBound) << 32 | UInt64(instructions.upperBound)))
        key.lines = lines
        return key
    }

    private static func ofRun(_ run: Run, _ space: UInt64) -> LineKey {
        var key = LineKey(identity: identity(space, 0))
        key.run = run
        return key
    }

    private static func identity(_ space: UInt64, _ value: UInt64) -> UInt64 {
        (value &* 0x9E37_79B9_7F4A_7C15) << 4 | space
    }

    /// FNV-1a; a collision only collapses an iteration that should be shown.
    private static func digest(_ line: Span<UInt8>) -> UInt64 {
        line.withUnsafeBufferPointer { bytes in
            bytes.reduce(0xCBF2_9CE4_8422_2325) { ($0 ^ UInt64($1)) &* 0x100_0000_01B3 }
        }
    }
}

/// A stage of the folding.
protocol LineSink {
    /// Takes a line, or several separated by line feeds, without the last line feed.
    mutating func take(_ text: Span<UInt8>, _ key: LineKey)
    /// Passes on the lines that were held back.
    mutating func finish()
}
