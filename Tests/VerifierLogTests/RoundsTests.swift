import Testing

@testable import VerifierLog

@Suite struct RoundsTests {
    private static let cases: [([String], [String])] = [
        ([], []), (["a", "b", "a", "b"], ["a", "b", "a", "b"]),
        (["a", "b", "b", "b", "c"], ["a", "b", "2 more rounds of that", "c"]),
        (["a", "b", "a", "b", "a", "b", "a"], ["a", "b", "2 more rounds of the last 2", "a"]),
    ]

    @Test(arguments: cases)
    func roundsAreToldOnce(lines: [String], told: [String]) { #expect(Rounds.collapsed(lines) == told) }

    @Test func aLongLoopTakesOneLineMore() {
        let lines = (0..<9000).map { ["x", "y", "z"][$0 % 3] }
        #expect(Rounds.collapsed(lines) == ["x", "y", "z", "2999 more rounds of the last 3"])
    }
}
