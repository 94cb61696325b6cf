import MatrixModel
import Testing

@testable import Reports

@Suite struct LogShelfTests {
    private func log(_ name: String, lines: Int) -> String {
        (0..<lines).map { "\(name) line \($0)\n" }.joined()
    }

    @Test func keepsWhatFits() {
        var shelf = LogShelf(budget: 1000)
        #expect(shelf.index(of: "a") { _ in LogEnds("one\ntwo\n") } == 0)
        #expect(shelf.index(of: "gone") { _ in nil } == 1)
        #expect(shelf.index(of: "a") { _ in LogEnds("never read") } == 0)
        let logs = shelf.finished()
        #expect(logs.map(\.name) == ["a", "gone"])
        #expect(logs.map(\.head) == ["one\ntwo\n", nil])
        #expect(logs.allSatisfy { $0.omittedLines == 0 })
    }

    @Test func cutsTheLongestInTheMiddle() throws {
        var shelf = LogShelf(budget: 2000)
        let long = log("long", lines: 500)
        _ = shelf.index(of: "short") { _ in LogEnds(log("short", lines: 10)) }
        _ = shelf.index(of: "long") { _ in LogEnds(long) }
        let logs = shelf.finished()
        #expect(logs[0].head == log("short", lines: 10))
        #expect(logs[0].omittedLines == 0)
        let head = try #require(logs[1].head)
        #expect(long.hasPrefix(head))
        #expect(head.hasSuffix("\n"))
        #expect(logs[1].tail.hasPrefix("long line "))
        #expect(logs[1].tail.hasSuffix("long line 499\n"))
        let kept = (head + logs[1].tail).split(separator: "\n").count
        #expect(kept + logs[1].omittedLines == 500)
        #expect(logs.reduce(0) { $0 + $1.size } <= 2000)
        #expect(logs.reduce(0) { $0 + $1.size } > 1800)
    }

    /// More logs than fit, one after the other: each is cut again and again, and the count of lost lines stays right.
    @Test func staysWithinTheBudgetAllTheTime() {
        var shelf = LogShelf(budget: 20_000)
        for number in 0..<100 {
            _ = shelf.index(of: "\(number)") { name in LogEnds(log(name, lines: 300)) }
        }
        let logs = shelf.finished()
        #expect(logs.reduce(0) { $0 + $1.size } <= 20_000)
        for log in logs {
            let kept = ((log.head ?? "") + log.tail).split(separator: "\n").count
            #expect(kept + log.omittedLines == 300)
            #expect(log.tail.hasSuffix("line 299\n"))
        }
    }

    @Test func survivesALogWithoutLines() {
        var shelf = LogShelf(budget: 10)
        _ = shelf.index(of: "a") { _ in LogEnds(String(repeating: "\u{e9}", count: 100)) }
        #expect(shelf.finished()[0].omittedLines == 1)
    }
}
