package import MatrixModel

/// How far a run has come and how long the rest will take.
///
/// A value without a clock: callers pass the time.
package struct RunForecast {
    package typealias Instant = ContinuousClock.Instant

    package let total: Int
    package private(set) var done = 0
    /// In the order in which they began.
    package private(set) var running: [(cell: CellKey, began: Instant)] = []

    /// Work of a kernel for which a further guest of it pays: what it takes to restore one under TCG on two cores.
    private static let secondsForAGuest = 1.0

    private let expected: [CellKey: Double]
    private let meanExpectation: Double?
    private var left: [String: Work] = [:]
    /// Expectations of the cells that are not over.
    private var expectedLeft: [CellKey: Double] = [:]
    private var measured = Sample()
    /// Of the measured cells, those with an expectation.
    private var compared = Sample()
    private var comparedExpectations = 0.0

    /// Cells of a kernel that are not over.
    private struct Work {
        var cells = 0
        var cellsWithoutExpectation = 0
        var expectedSeconds = 0.0
    }

    private struct Sample {
        var cells = 0
        var seconds = 0.0

        mutating func add(_ seconds: Double) {
            cells += 1
            self.seconds += seconds
        }
    }

    /// Prepares for `cells`; `expected` has the seconds that some of them took in earlier runs.
    package init(cells: [CellKey], expected: [CellKey: Double]) {
        total = cells.count
        self.expected = expected
        meanExpectation = expected.isEmpty ? nil : expected.values.reduce(0, +) / Double(expected.count)
        for cell in cells {
            left[cell.kernel, default: Work()].cells += 1
            if let seconds = expected[cell] {
                left[cell.kernel]?.expectedSeconds += seconds
                expectedLeft[cell] = seconds
            } else {
                left[cell.kernel]?.cellsWithoutExpectation += 1
            }
        }
    }

    package mutating func began(_ cell: CellKey, at now: Instant) {
        stopped(cell)
        running.append((cell, now))
    }

    /// The cell does not run any more, and is not over.
    package mutating func stopped(_ cell: CellKey) { running.removeAll { $0.cell == cell } }

    /// The cell finished after that many seconds in its guest; `nil` if unknown.
    package mutating func finished(_ cell: CellKey, seconds: Double?) {
        stopped(cell)
        done += 1
        left[cell.kernel]?.cells -= 1
        if let seconds { measured.add(seconds) }
        guard let expectation = expected[cell] else {
            left[cell.kernel]?.cellsWithoutExpectation -= 1
            return
        }
        left[cell.kernel]?.expectedSeconds -= expectation
        expectedLeft[cell] = nil
        if let seconds {
            compared.add(seconds)
            comparedExpectations += expectation
        }
    }

    /// Seconds until the last cell is over with `guests` guests at once, which share what a kernel has to do.
    ///
    /// Cells take as long as in earlier runs, faster or slower by as much as this run has been so far; one without an earlier
    /// run takes as long as the mean of this run. Guests that still have to start are left out.
    ///
    /// - Returns: `nil` as long as there is nothing to go by.
    package func secondsLeft(at now: Instant, guests: Int) -> Double? {
        let busy = left.filter { $0.value.cells > 0 }
        guard !busy.isEmpty else { return 0 }
        guard let typical else { return nil }
        var seconds = busy.mapValues { work in
            work.expectedSeconds * pace + Double(work.cellsWithoutExpectation) * typical
        }
        var cells = expectedLeft.mapValues { $0 * pace }
        for (cell, began) in running {
            let cost = cells[cell] ?? typical
            let spent = min(cost, (now - began) / .seconds(1))
            cells[cell] = cost - spent
            seconds[cell.kernel, default: 0] -= spent
        }
        let useful = seconds.values.reduce(0) { $0 + max(1, Int($1 / Self.secondsForAGuest)) }
        let shared = seconds.values.reduce(0, +) / Double(max(1, min(guests, useful)))
        return max(shared, cells.values.max() ?? 0, 0)
    }

    /// How many times as long as expected cells take.
    private var pace: Double { comparedExpectations > 0 ? compared.seconds / comparedExpectations : 1 }

    private var typical: Double? {
        measured.cells > 0 ? measured.seconds / Double(measured.cells) : meanExpectation
    }
}
