extension Span<UInt8> {
    func hasPrefix(_ prefix: StaticString, at start: Int) -> Bool {
        guard start + prefix.utf8CodeUnitCount <= count else { return false }
        return prefix.withUTF8Buffer { prefix in
            for (offset, byte) in prefix.enumerated() where self[start + offset] != byte { return false }
            return true
        }
    }

    func contains(_ text: StaticString, from start: Int) -> Bool {
        guard start <= count else { return false }
        for index in start..<count where hasPrefix(text, at: index) { return true }
        return false
    }

    /// The first index from `start` on that does not hold `byte`.
    func end(ofRun byte: UInt8, from start: Int) -> Int {
        var end = start
        while end < count, self[end] == byte { end += 1 }
        return end
    }

    /// The decimal number at `start`; `nil` if there is none, or if it is too large to be an index.
    func number(from start: Int) -> (value: Int, end: Int)? {
        var end = start
        var value = 0
        while end < count, case let digit = self[end] &- UInt8(ascii: "0"), digit < 10 {
            guard end - start < 10 else { return nil }
            value = value * 10 + Int(digit)
            end += 1
        }
        return end > start ? (value, end) : nil
    }
}
