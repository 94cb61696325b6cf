package import MatrixModel

/// The progress of a run, and an estimate of the remaining time.
///
/// A value without a clock: callers pass the time.
package struct RunForecast {
    package typealias Instant = ContinuousClock.Instant

    package let total: Int
    package private(set) var done = 0
    /// In the order in which they began.
    package private(set) var running: [(cell: CellKey, began: Instant)] = []

    /// The remaining work of a kernel for which another guest is worthwhile: the cost of restoring one under TCG on two
    /// cores.
    private static let secondsForAGuest = 1.0

    private let expected: [CellKey: Double]
    private let meanExpectation: Double?
    private var left: [String: Work] = [:]
    /// The expected durations of the remaining cells.
    private var expectedLeft: [CellKey: Double] = [:]
    private var measured = Sample()
    /// The measured cells that had an expected duration.
    private var compared = Sample()
    private var comparedExpectations = 0.0

    /// The remaining cells of a kernel.
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

    /// Prepares for `cells`; `expected` contains durations from earlier runs, in seconds.
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

    /// The cell is not running any more, but has not finished.
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

    /// Seconds until the last cell ends, with `guests` concurrent guests that share the work of a kernel.
    ///
    /// Cells are assumed to take as long as in earlier runs, scaled by the pace of this run so far; a cell without an
    /// earlier run is assumed to take the mean of this run. The start of guests is not included.
    ///
    /// - Returns: `nil` as long as there is no basis for an estimate.
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

    /// The ratio of actual to expected durations.
    private var pace: Double { comparedExpectations > 0 ? compared.seconds / comparedExpectations : 1 }

    private var typical: Double? {
        measured.cells > 0 ? measured.seconds / Double(measured.cells) : meanExpectation
    }
}
