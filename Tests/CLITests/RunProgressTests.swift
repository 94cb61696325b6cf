import GuestLink
import MatrixModel
import Synchronization
import Testing

@testable import CompatMatrixCLI

/// Keeps what would be on stderr.
private final class Screen: Sendable {
    private let writes = Mutex<[String]>([])

    var all: [String] { writes.withLock(\.self) }
    @Sendable func write(_ text: String) { writes.withLock { $0.append(text) } }
}

@Suite struct RunProgressTests {
    private let start = ContinuousClock.now
    private let screen = Screen()

    private static func cell(
        _ name: String, on kernel: String = "fake-6.1", loader: String = "libbpf"
    ) -> CellKey { CellKey(kernel: kernel, probe: name, variant: "v", loader: loader) }

    private func progress(
        _ cells: [CellKey], expected: [CellKey: Double] = [:], _ style: RunProgress.Style
    ) -> RunProgress {
        RunProgress(cells: cells, expected: expected, guests: 2, style: style, write: screen.write)
    }

    private func result(
        _ key: CellKey, _ verdict: Verdict = .pass, expected: Verdict = .pass, asExpected: Bool? = nil,
        cause: String? = nil, reason: String? = nil
    ) -> CellResult {
        let program = ProgramResult(
            name: "p", type: "xdp", verdict: verdict, stage: .load, errno: 13,
            cause: cause.map { Cause(id: $0, category: "", line: "", source: nil, advice: "", since: nil) }, log: nil,
            logComplete: true, stats: nil)
        return CellResult(
            key: key, verdict: verdict, stage: verdict == .notMeasured ? nil : .load, expected: expected,
            asExpected: asExpected ?? (verdict == expected), cached: false, reason: reason, console: nil,
            programs: [program], seconds: CellSeconds(total: 0.5))
    }

    private func guestUp(_ progress: inout RunProgress, release: String = "6.1.0-fake") throws {
        let hello = Hello(release: release, versionText: "", hasBTF: true, uptimeMicroseconds: 0)
        let kernel = try #require(KernelID("fake-6.1"))
        progress.guestUp(kernel, hello: hello, start: .warm, readySeconds: 0.314, at: start)
    }

    @Test func kernelIsOneLineDespiteExpectedFailures() throws {
        let cells = ["a", "b", "c"].map { Self.cell($0) }
        var progress = progress(cells, .lines)
        try guestUp(&progress)
        for cell in cells {
            progress.cellBegan(cell, at: start)
            progress.cellIsOver(result(cell, .fail, expected: .fail), at: start + .seconds(8))
        }
        progress.end()
        #expect(screen.all == ["fake-6.1: 6.1.0-fake, warm start, ready in 0.31 s, 3 cells in 8.0 s\n"])
    }

    @Test func unexpectedResultIsPrintedAtOnce() throws {
        let cells = ["a", "b", "c"].map { Self.cell($0) }
        var progress = progress(cells, .lines)
        try guestUp(&progress)
        progress.cellIsOver(result(cells[0], .fail, cause: "size-negative"), at: start)
        progress.cellIsOver(result(cells[1], .pass, expected: .fail), at: start)
        #expect(
            screen.all == [
                "fake-6.1 a/v: fail at load (size-negative), expected pass\n",
                "fake-6.1 b/v: pass at load, expected fail\n",
            ])
        progress.cellIsOver(result(cells[2], .fail, expected: .fail, asExpected: false, cause: "opcode"), at: start)
        #expect(
            screen.all.suffix(2) == [
                "fake-6.1 c/v: fail at load (opcode), but expected another cause\n",
                "fake-6.1: 6.1.0-fake, warm start, ready in 0.31 s, 3 cells in 0.0 s, 3 not as expected\n",
            ])
    }

    @Test func kernelWithoutAGuestReportsItsReasonOnce() {
        let cells = ["a", "b"].map { Self.cell($0) }
        var progress = progress(cells, .lines)
        for cell in cells {
            progress.cellIsOver(result(cell, .notMeasured, asExpected: false, reason: "no\n\u{1b}[2J QEMU"), at: start)
        }
        #expect(screen.all == ["fake-6.1: 2 cells not measured: no \\u{1b}[2J QEMU\n"])
    }

    @Test func gapsOfAKernelAreCounted() throws {
        let cells = ["a", "b", "c"].map { Self.cell($0) }
        var progress = progress(cells, .lines)
        try guestUp(&progress)
        progress.cellIsOver(result(cells[0]), at: start)
        progress.cellIsOver(result(cells[1], .notMeasured, asExpected: false, reason: "another"), at: start)
        progress.cellIsOver(result(cells[2], .notMeasured, asExpected: false, reason: "a reason"), at: start)
        #expect(screen.all.first?.hasSuffix(", 2 not measured: a reason (and 1 other reason)\n") == true)
    }

    @Test func interruptedKernelReportsItsProgress() throws {
        let cells = [Self.cell("a"), Self.cell("b"), Self.cell("c", on: "fake-7.0")]
        var progress = progress(cells, .lines)
        try guestUp(&progress)
        progress.cellIsOver(result(cells[0]), at: start)
        #expect(screen.all.isEmpty)
        progress.end(at: start + .seconds(3))
        progress.end(at: start + .seconds(3))
        #expect(screen.all == ["fake-6.1: 6.1.0-fake, warm start, ready in 0.31 s, 1 of 2 cells in 3.0 s\n"])
    }

    @Test func aTerminalShowsRunningCellsProgressAndTimeLeft() throws {
        let cells = [Self.cell("a"), Self.cell("b", loader: "aya"), Self.cell("c", on: "fake-7.0")]
        var progress = progress(cells, expected: [cells[1]: 40, cells[2]: 150], .changingLine(width: 120))
        try guestUp(&progress)
        #expect(screen.all == ["\r\u{1B}[K0/3 cells, about 3 min left"])
        progress.cellIsOver(result(cells[2], .fail, expected: .fail), at: start)
        progress.cellIsOver(result(cells[0], .fail, expected: .fail), at: start)
        progress.cellBegan(cells[1], at: start)
        // The only cell with an estimate took a 300th of it.
        #expect(screen.all.last == "\r\u{1B}[K2/3 cells, about 1 s left: fake-6.1 b/v (aya)")
        progress.end()
        #expect(screen.all.last == "\r\u{1B}[K")
        progress.redraw()
        #expect(screen.all.last == "\r\u{1B}[K")
        #expect(!screen.all.contains { $0.contains("\n") })
    }

    @Test func theChangingLineStaysOneLine() throws {
        let cell = Self.cell(String(repeating: "long-", count: 30))
        var progress = progress([cell], .changingLine(width: 40))
        progress.cellBegan(cell, at: start)
        let line = try #require(screen.all.last?.dropFirst("\r\u{1B}[K".count))
        #expect(line.count == 39 && line.hasSuffix("…"))
    }

    @Test func unexpectedResultStaysAboveTheProgressLine() {
        let cells = ["a", "b"].map { Self.cell($0) }
        var progress = progress(cells, .changingLine(width: 80))
        progress.cellIsOver(result(cells[0], .fail), at: start)
        #expect(screen.all.first == "\r\u{1B}[Kfake-6.1 a/v: fail at load, expected pass\n")
        #expect(screen.all.last == "\r\u{1B}[K1/2 cells, about 1 s left")
    }

    @Test func nothingToMeasureShowsNothing() {
        var progress = progress([], .changingLine(width: 80))
        progress.redraw()
        progress.end()
        #expect(screen.all == ["\r\u{1B}[K"])
    }
}
