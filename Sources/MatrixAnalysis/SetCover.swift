import BitCollections

/// The smallest selection of sets that together contain every element of all sets.
///
/// Branch and bound, after removing everything that cannot matter. This is quick for tens of sets over hundreds of
/// elements; otherwise, the search gives up after `budget` steps.
struct SetCover {
    /// Indexes of the chosen sets, preferred ones first.
    let chosen: [Int]
    /// Whether a smaller selection is impossible.
    let isExact: Bool

    /// Chooses among `sets`.
    ///
    /// Of several equally small selections, it returns the first one found when looking at sets in `order`, so that the
    /// same sets always give the same selection. `order` contains each index once.
    init(_ sets: [Set<Int>], order: [Int], budget: Int = 5_000) {
        var search = Search(order.map { sets[$0] }, budget: budget)
        chosen = search.run().sorted().map { order[$0] }
        isExact = search.isExact
    }
}

/// Sets and elements by number; preferred sets have lower numbers.
private struct Search {
    private let sets: [BitSet]
    private let holders: [BitSet]
    private var budget: Int
    private var best: [Int] = []
    private(set) var isExact = true

    init(_ sets: [Set<Int>], budget: Int) {
        let elements = sets.reduce(into: Set<Int>()) { $0.formUnion($1) }.sorted()
        let numbers = Dictionary(uniqueKeysWithValues: elements.enumerated().map { ($1, $0) })
        self.sets = sets.map { BitSet($0.compactMap { numbers[$0] }) }
        holders = elements.map { element in
            BitSet(sets.indices.filter { sets[$0].contains(element) })
        }
        self.budget = budget
    }

    mutating func run() -> [Int] {
        let all = Left(elements: BitSet(holders.indices), sets: BitSet(sets.indices))
        best = greedy(all)
        branch(all, taken: [])
        return best
    }

    /// An initial selection: in each step, the set that adds most elements.
    private func greedy(_ left: Left) -> [Int] {
        var left = left
        var choice: [Int] = []
        while !left.elements.isEmpty {
            var most = (set: 0, count: 0)
            for (number, set) in sets.enumerated() {
                let count = set.intersection(left.elements).count
                if count > most.count { most = (number, count) }
            }
            choice.append(most.set)
            left.elements.subtract(sets[most.set])
        }
        return choice
    }

    private mutating func branch(_ left: Left, taken: [Int]) {
        guard budget > 0 else {
            isExact = false
            return
        }
        budget -= 1
        var left = left
        let taken = taken + reduce(&left)
        guard taken.count < best.count else { return }
        guard let hardest = byHolders(left).first else {
            best = taken
            return
        }
        guard taken.count + bound(left) < best.count else { return }
        for set in holders[hardest].intersection(left.sets) {
            var rest = left
            rest.elements.subtract(sets[set])
            branch(rest, taken: taken + [set])
            // Every choice that includes this set has been tried.
            left.sets.remove(set)
        }
    }

    /// The remaining elements, ordered by the number of sets that contain them.
    private func byHolders(_ left: Left) -> [Int] {
        let ranks = left.elements.map { element -> (sets: Int, element: Int) in
            (holders[element].intersection(left.sets).count, element)
        }
        return ranks.sorted { $0 < $1 }.map(\.element)
    }

    /// A lower bound for the number of additional sets: elements of which no set contains two need one set each.
    private func bound(_ left: Left) -> Int {
        var count = 0
        var apart = left.elements
        for element in byHolders(left) where apart.contains(element) {
            count += 1
            for set in holders[element].intersection(left.sets) { apart.subtract(sets[set]) }
        }
        return count
    }

    /// Takes required sets and drops useless ones until nothing changes; returns the sets taken.
    private func reduce(_ left: inout Left) -> [Int] {
        var taken: [Int] = []
        while true {
            dropContainedSets(&left)
            dropEasyElements(&left)
            let must = left.elements.map { holders[$0].intersection(left.sets) }.first { $0.count == 1 }
            guard let set = must?.first else { return taken }
            taken.append(set)
            left.elements.subtract(sets[set])
        }
    }

    /// A set contained in another is never better; of two equal sets, the preferred one stays.
    private func dropContainedSets(_ left: inout Left) {
        let parts = left.sets.map { ($0, sets[$0].intersection(left.elements)) }
        for (number, part) in parts {
            let isContained =
                part.isEmpty
                || parts.contains { other, otherPart in
                    other != number && part.isSubset(of: otherPart) && (part != otherPart || other < number)
                }
            if isContained { left.sets.remove(number) }
        }
    }

    /// Drops elements that are implied by another, because every set with the other contains them.
    private func dropEasyElements(_ left: inout Left) {
        let held = left.elements.map { ($0, holders[$0].intersection(left.sets)) }
        for (number, sets) in held {
            let comesAlong = held.contains { other, otherSets in
                other != number && otherSets.isSubset(of: sets) && (sets != otherSets || other < number)
            }
            if comesAlong { left.elements.remove(number) }
        }
    }
}

/// The elements still to be covered, and the sets available for them.
private struct Left {
    var elements: BitSet
    var sets: BitSet
}
