/// The fewest of several sets that together hold all that any of them holds.
///
/// Sets and elements that cannot matter are taken out first; what is left is searched by branch and bound. That is quick for
/// tens of sets over hundreds of elements, and given up after `budget` steps otherwise.
struct SetCover {
    /// Places of the chosen sets, the preferred ones first.
    let chosen: [Int]
    /// Whether no smaller choice can do.
    let isExact: Bool

    /// Chooses among `sets`.
    ///
    /// Of several choices that are equally small it takes the first that it finds, looking at sets in `order`, so that the same
    /// sets always give the same choice. `order` holds each place once.
    init(_ sets: [Set<Int>], order: [Int], budget: Int = 200_000) {
        var search = Search(sets: order.map { sets[$0] }, budget: budget)
        let best = search.run()
        chosen = best.sorted().map { order[$0] }
        isExact = search.budget > 0
    }
}

/// Sets are in the order of preference here.
private struct Search {
    let sets: [Set<Int>]
    /// Steps left.
    var budget: Int
    private var best: [Int]?

    init(sets: [Set<Int>], budget: Int) {
        self.sets = sets
        self.budget = budget
    }

    mutating func run() -> [Int] {
        let elements = sets.reduce(into: Set<Int>()) { $0.formUnion($1) }
        best = greedy(elements)
        branch(Problem(sets: Dictionary(uniqueKeysWithValues: sets.enumerated().map { ($0, $1) }), open: elements), [])
        return best ?? []
    }

    /// A choice that is good enough to begin with: whatever adds most.
    private func greedy(_ elements: Set<Int>) -> [Int] {
        var open = elements
        var choice: [Int] = []
        while !open.isEmpty {
            var most = (set: 0, count: 0)
            for (place, set) in sets.enumerated() {
                let count = set.intersection(open).count
                if count > most.count { most = (place, count) }
            }
            choice.append(most.set)
            open.subtract(sets[most.set])
        }
        return choice
    }

    private mutating func branch(_ problem: Problem, _ taken: [Int]) {
        guard budget > 0 else { return }
        budget -= 1
        var problem = problem
        let taken = taken + problem.reduce()
        let limit = best?.count ?? .max
        guard !problem.open.isEmpty else {
            if taken.count < limit { best = taken }
            return
        }
        guard taken.count + problem.bound < limit, let element = problem.hardest else { return }
        for set in problem.holders(of: element) {
            branch(problem.taking(set), taken + [set])
        }
    }
}

/// What is left to cover, and with what.
private struct Problem {
    var sets: [Int: Set<Int>]
    var open: Set<Int>

    func holders(of element: Int) -> [Int] {
        sets.filter { $0.value.contains(element) }.keys.sorted()
    }

    /// The element that fewest sets hold.
    var hardest: Int? {
        let counts = open.map { element in (sets.values.filter { $0.contains(element) }.count, element) }
        return counts.min { $0 < $1 }?.1
    }

    func taking(_ set: Int) -> Problem {
        let covered = sets[set] ?? []
        return Problem(
            sets: sets.filter { $0.key != set }.mapValues { $0.subtracting(covered) }, open: open.subtracting(covered))
    }

    /// At least so many sets are needed: elements of which no set holds two need one each.
    var bound: Int {
        var count = 0
        var left = open
        while let element = left.min(by: { weight(of: $0) < weight(of: $1) }) {
            count += 1
            for set in sets.values where set.contains(element) { left.subtract(set) }
        }
        return count
    }

    private func weight(of element: Int) -> (Int, Int) {
        (sets.values.filter { $0.contains(element) }.count, element)
    }

    /// Takes what must be taken and drops what cannot help, until nothing changes; returns what was taken.
    mutating func reduce() -> [Int] {
        var taken: [Int] = []
        while true {
            dropContainedSets()
            dropEasierElements()
            let needed = open.compactMap { element in holders(of: element).count == 1 ? holders(of: element).first : nil
            }
            guard let set = needed.min() else { return taken }
            taken.append(set)
            self = taking(set)
        }
    }

    /// A set within another is never the better one; of two equal ones the first stays.
    private mutating func dropContainedSets() {
        for (place, set) in sets.sorted(by: { $0.key > $1.key }) {
            let isContained =
                set.isEmpty
                || sets.contains { other in
                    other.key != place && other.value.isSuperset(of: set)
                        && (other.value.count > set.count || other.key < place)
                }
            if isContained { sets[place] = nil }
        }
    }

    /// An element comes along with another that is held only by sets that hold it too.
    private mutating func dropEasierElements() {
        let holders = Dictionary(
            uniqueKeysWithValues: open.map { element in (element, Set(self.holders(of: element))) })
        var kept = open
        for element in open.sorted() {
            let mine = holders[element] ?? []
            let comesAlong = kept.contains { other in
                let others = holders[other] ?? []
                return other != element && others.isSubset(of: mine) && (others.count < mine.count || other < element)
            }
            if comesAlong { kept.remove(element) }
        }
        guard kept.count < open.count else { return }
        open = kept
        sets = sets.mapValues { $0.intersection(kept) }
    }
}
