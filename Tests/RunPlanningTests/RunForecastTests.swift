import MatrixModel
import Testing

@testable import RunPlanning

@Suite struct RunForecastTests {
    private let start = ContinuousClock.now

    private static func cell(_ name: String, on kernel: String = "k-1.0") -> CellKey {
        CellKey(kernel: kernel, probe: name, variant: "v", loader: "libbpf")
    }

    private static let cells = ["a", "b", "c", "d"].map { cell($0) }

    @Test func estimatesNothingWithoutABasis() {
        var forecast = RunForecast(cells: Self.cells, expected: [:])
        #expect(forecast.secondsLeft(at: start, guests: 1) == nil)
        // One that brought its guest down has no time.
        forecast.began(Self.cells[0], at: start)
        forecast.finished(Self.cells[0], seconds: nil)
        #expect(forecast.done == 1 && forecast.secondsLeft(at: start, guests: 1) == nil)
    }

    @Test func theRestTakesAsLongAsCellsTookSoFar() {
        var forecast = RunForecast(cells: Self.cells, expected: [:])
        forecast.finished(Self.cells[0], seconds: 2)
        forecast.finished(Self.cells[1], seconds: 4)
        #expect(forecast.secondsLeft(at: start, guests: 1) == 6)
    }

    @Test func cellsThatWereMeasuredBeforeTakeAsLongAgain() {
        let expected = [Self.cells[0]: 1.0, Self.cells[1]: 20, Self.cells[2]: 3]
        var forecast = RunForecast(cells: Self.cells, expected: expected)
        // The fourth has no earlier run: the mean of the others.
        #expect(forecast.secondsLeft(at: start, guests: 1) == 32)
        // This run turns out to be twice as slow; the fourth takes as long as cells of this run.
        forecast.finished(Self.cells[0], seconds: 2)
        #expect(forecast.secondsLeft(at: start, guests: 1) == 48)
    }

    @Test func guestsShareTheWork() {
        let cells = [Self.cell("a"), Self.cell("b", on: "k-2.0"), Self.cell("c", on: "k-3.0")]
        let even = RunForecast(cells: cells, expected: [cells[0]: 4.0, cells[1]: 4, cells[2]: 4])
        #expect(even.secondsLeft(at: start, guests: 2) == 6)
        // A cell cannot be shared.
        #expect(even.secondsLeft(at: start, guests: 64) == 4)
        let uneven = RunForecast(cells: cells, expected: [cells[0]: 30.0, cells[1]: 1, cells[2]: 1])
        #expect(uneven.secondsLeft(at: start, guests: 2) == 30)
    }

    @Test func guestsShareAKernelOnceThatPays() {
        let expected = Dictionary(uniqueKeysWithValues: Self.cells.map { ($0, 4.0) })
        #expect(RunForecast(cells: Self.cells, expected: expected).secondsLeft(at: start, guests: 4) == 4)
        // To start another guest takes longer than these cells do.
        let short = expected.mapValues { _ in 0.25 }
        #expect(RunForecast(cells: Self.cells, expected: short).secondsLeft(at: start, guests: 4) == 1)
    }

    @Test func whatRunsIsPartlyDone() {
        var forecast = RunForecast(cells: Self.cells, expected: [Self.cells[0]: 5, Self.cells[1]: 5])
        forecast.began(Self.cells[0], at: start)
        #expect(forecast.running.map(\.cell) == [Self.cells[0]])
        #expect(forecast.secondsLeft(at: start + .seconds(2), guests: 1) == 18)
        // Overdue is as good as over.
        #expect(forecast.secondsLeft(at: start + .seconds(60), guests: 1) == 15)
        forecast.stopped(Self.cells[0])
        #expect(forecast.running.isEmpty && forecast.done == 0)
        #expect(forecast.secondsLeft(at: start, guests: 1) == 20)
    }

    @Test func nothingIsLeftAtTheEnd() {
        var forecast = RunForecast(cells: Self.cells, expected: [:])
        for cell in Self.cells { forecast.finished(cell, seconds: 1) }
        #expect(forecast.done == forecast.total && forecast.secondsLeft(at: start, guests: 2) == 0)
    }
}
