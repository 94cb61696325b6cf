extension Span<UInt8> {
    func hasPrefix(_ prefix: StaticString, at start: Int) -> Bool {
        guard start + prefix.utf8CodeUnitCount <= count else { return false }
        return prefix.withUTF8Buffer { prefix in
            for (offset, byte) in prefix.enumerated() where self[start + offset] != byte { return false }
            return true
        }
    }

    func contains(_ text: StaticString, from start: Int) -> Bool {
        firstIndex(of: text, from: start) != nil
    }

    /// Where `text`, which is not empty, begins at or after `start`; the search of the standard library takes ten times as long.
    func firstIndex(of text: StaticString, from start: Int) -> Int? {
        let last = count - text.utf8CodeUnitCount
        guard start <= last else { return nil }
        let first = text.utf8Start.pointee
        for index in start...last where self[index] == first && hasPrefix(text, at: index) { return index }
        return nil
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
