import Testing

@testable import VerifierLog

@Suite struct LinePatternTests {
    @Test func aGroupIsCaptured() {
        let pattern = LinePattern(#"é (?<n>\w+)#(\d+)"#, literals: [])
        #expect(pattern.capture("n", in: "näh é bpf_loop#181 …") == "bpf_loop")
        #expect(pattern.capture("n", in: "é bpf_loop") == nil)
        #expect(pattern.capture("m", in: "é bpf_loop#181") == nil)
    }

    @Test func aGroupThatTookNoPartIsNotCaptured() {
        let pattern = LinePattern("func (?:(?<n>[a-z_]+)#|unknown)", literals: [])
        #expect(pattern.matches("unknown func unknown"))
        #expect(pattern.capture("n", in: "unknown func unknown") == nil)
    }

    /// By scalars, as a letter and its accent are two.
    @Test func characterClassesTakeAnyScalar() {
        #expect(LinePattern("a[^b]{2}c", literals: []).matches("ae\u{301}c"))
        #expect(LinePattern("^$", literals: []).matches(""))
    }

    /// A compiled expression has a small stack; what it cannot do there is interpreted.
    @Test func aLongLineDoesNotExhaustTheStack() {
        let line = String(repeating: "ab", count: 1000)
        #expect(LinePattern("^(?:(a)(b)|(x))+$", literals: []).matches(line[...]))
        #expect(!LinePattern("^(a+b?)+$(?<!b)", literals: []).matches(line[...]))
    }

    @Test func aBrokenPatternSaysWhere() {
        #expect(throws: LinePattern.SyntaxError.self) { try LinePattern("a(b", literals: []).check() }
    }
}
