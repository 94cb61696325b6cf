import Testing

@testable import VerifierLog

@Suite struct RoundsTests {
    private static let cases: [([String], [String])] = [
        ([], []), (["a", "b", "a", "b"], ["a", "b", "a", "b"]),
        (["a", "b", "b", "b", "c"], ["a", "b", "2 more iterations of the last step", "c"]),
        (["a", "b", "a", "b", "a", "b", "a"], ["a", "b", "2 more iterations of the last 2 steps", "a"]),
    ]

    @Test(arguments: cases)
    func repeatedStepsAreCollapsed(lines: [String], told: [String]) { #expect(Rounds.collapsed(lines) == told) }

    @Test func aLongLoopTakesOneLineMore() {
        let lines = (0..<9000).map { ["x", "y", "z"][$0 % 3] }
        #expect(Rounds.collapsed(lines) == ["x", "y", "z", "2999 more iterations of the last 3 steps"])
    }
}
