/// A set of small numbers.
struct Bits: Hashable {
    private var words: [UInt64]

    /// None of `count` numbers.
    init(count: Int) { words = Array(repeating: 0, count: (count + 63) / 64) }

    init(_ numbers: some Sequence<Int>, count: Int) {
        self.init(count: count)
        for number in numbers { insert(number) }
    }

    mutating func insert(_ number: Int) { words[number >> 6] |= 1 << UInt64(number & 63) }
    mutating func remove(_ number: Int) { words[number >> 6] &= ~(1 << UInt64(number & 63)) }
    func contains(_ number: Int) -> Bool { words[number >> 6] & 1 << UInt64(number & 63) != 0 }

    mutating func subtract(_ other: Bits) {
        for place in words.indices { words[place] &= ~other.words[place] }
    }

    func intersection(_ other: Bits) -> Bits {
        var result = self
        for place in words.indices { result.words[place] &= other.words[place] }
        return result
    }

    func isSubset(of other: Bits) -> Bool { words.indices.allSatisfy { words[$0] & ~other.words[$0] == 0 } }

    var isEmpty: Bool { words.allSatisfy { $0 == 0 } }
    var count: Int { words.reduce(0) { $0 + $1.nonzeroBitCount } }

    /// In ascending order.
    var numbers: [Int] {
        var numbers: [Int] = []
        for (place, word) in words.enumerated() {
            var rest = word
            while rest != 0 {
                numbers.append(place << 6 + rest.trailingZeroBitCount)
                rest &= rest - 1
            }
        }
        return numbers
    }
}
