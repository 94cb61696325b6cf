/// Finds the places in a row of kernels at which the answer changes, with as few questions as possible.
///
/// First both ends are queried, then repeatedly the kernel in the middle between two neighbors with different answers,
/// until no such gap is left. Known answers are used: if they change more than once, every change is searched. Gaps
/// between two equal answers are not searched.
package struct BoundarySearch: Sendable, Hashable {
    /// Two neighbors with different answers, separated only by kernels that could not be measured.
    package struct Turn: Codable, Sendable, Hashable {
        package var below: Int
        package var above: Int
    }

    private enum Answer: Hashable {
        case known(Bool)
        case unknowable
    }

    private let count: Int
    private var answers: [Int: Answer] = [:]

    /// A search over `count` kernels, the oldest first.
    package init(count: Int) { self.count = count }

    /// Records the answer at a place; `nil` if it could not be measured.
    package mutating func note(_ answer: Bool?, at place: Int) {
        answers[place] = answer.map(Answer.known) ?? .unknowable
    }

    /// The places to query next; empty if nothing is left to query.
    package var next: [Int] {
        let askable = (0..<count).filter { answers[$0] != .unknowable }
        let ends = Set([askable.first, askable.last].compactMap(\.self).filter { answers[$0] == nil })
        guard ends.isEmpty else { return ends.sorted() }
        return steps.compactMap { step in
            let between = askable.filter { $0 > step.below && $0 < step.above }
            return between.isEmpty ? nil : between[between.count / 2]
        }
    }

    /// The known changes; complete once nothing is left to query.
    package var turns: [Turn] { steps }

    /// Places that were not tested.
    package var unasked: [Int] { (0..<count).filter { answers[$0] == nil } }

    /// Neighbors among the known answers that differ.
    private var steps: [Turn] {
        let known = (0..<count).compactMap { place -> (Int, Bool)? in
            if case .known(let answer) = answers[place] { (place, answer) } else { nil }
        }
        return zip(known, known.dropFirst()).filter { $0.1 != $1.1 }.map { Turn(below: $0.0, above: $1.0) }
    }
}
