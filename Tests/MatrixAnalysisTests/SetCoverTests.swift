import Testing

@testable import MatrixAnalysis

struct SetCoverTests {
    @Test(
        arguments: [
            ([], []),
            ([[]], []),
            ([[1], [1, 2]], [1]),
            ([[1, 2], [2, 3], [3, 4]], [0, 2]),
            // The largest set is not always part of the fewest.
            ([[1, 2, 3, 4], [1, 2, 5], [3, 4, 6]], [1, 2]),
            // Of equal ones the first.
            ([[1, 2], [1, 2]], [0]),
        ] as [([Set<Int>], [Int])])
    func chooses(sets: [Set<Int>], chosen: [Int]) {
        let cover = SetCover(sets, order: Array(sets.indices))
        #expect(cover.chosen == chosen && cover.isExact)
    }

    @Test func preferenceBreaksTies() {
        #expect(SetCover([[1, 2], [1, 2]], order: [1, 0]).chosen == [1])
    }

    /// Compared with an exhaustive search.
    @Test(arguments: 0..<300 as Range<UInt64>) func isAsSmallAsItCanBe(seed: UInt64) {
        var random = Random(seed)
        let elements = Int.random(in: 1...12, using: &random)
        let sets = (0..<Int.random(in: 1...9, using: &random)).map { _ in
            random.set(of: elements, percent: Int.random(in: 5...60, using: &random))
        }
        let cover = SetCover(sets, order: sets.indices.shuffled(using: &random))
        let all = sets.reduce(into: Set<Int>()) { $0.formUnion($1) }
        #expect(cover.isExact)
        #expect(Set(cover.chosen).count == cover.chosen.count)
        #expect(cover.chosen.reduce(into: Set<Int>()) { $0.formUnion(sets[$1]) } == all)
        let smallest = (0..<(1 << sets.count)).lazy.filter { choice in
            let held = sets.indices.filter { choice >> $0 & 1 == 1 }
            return held.reduce(into: Set<Int>()) { $0.formUnion(sets[$1]) } == all
        }.map(\.nonzeroBitCount).min()
        #expect(cover.chosen.count == smallest)
    }

    /// More variants than any probe has, on more kernels than any catalogue: exact, and so within the budget of steps.
    @Test(arguments: [(24, 64, 20), (24, 64, 50), (40, 100, 15)], 1...5 as ClosedRange<UInt64>)
    func isExactForRealisticSizes(size: (sets: Int, elements: Int, percent: Int), seed: UInt64) {
        var random = Random(seed)
        let sets = (0..<size.sets).map { _ in random.set(of: size.elements, percent: size.percent) }
        #expect(SetCover(sets, order: Array(sets.indices)).isExact)
    }

    @Test func reportsWhenTheSearchGivesUp() {
        var random = Random(1)
        let sets = (0..<60).map { _ in random.set(of: 200, percent: 10) }
        let cover = SetCover(sets, order: Array(sets.indices), budget: 3)
        #expect(!cover.isExact)
        let all = sets.reduce(into: Set<Int>()) { $0.formUnion($1) }
        #expect(cover.chosen.reduce(into: Set<Int>()) { $0.formUnion(sets[$1]) } == all)
    }
}

/// The same numbers each time (SplitMix64).
struct Random: RandomNumberGenerator {
    private var state: UInt64

    init(_ seed: UInt64) { state = seed }

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var z = state
        z = (z ^ z >> 30) &* 0xBF58_476D_1CE4_E5B9
        z = (z ^ z >> 27) &* 0x94D0_49BB_1331_11EB
        return z ^ z >> 31
    }

    mutating func set(of count: Int, percent: Int) -> Set<Int> {
        Set((0..<count).filter { _ in Int.random(in: 0..<100, using: &self) < percent })
    }
}
