import MatrixModel
import Testing

/// Swift Testing has an `Expectation` of its own.
typealias Expectation = MatrixModel.Expectation

@Suite struct ExpectationTests {
    @Test(arguments: [
        ("*", "debian-6.1", "6.1.0-56", true),
        ("debian-*", "ubuntu-5.4", "5.4.0", false),
        (">=5.10", "debian-5.10", "5.10.0-46", true),
        (">5.10", "debian-5.10", "5.10.262", false),
        ("<5.10", "ubuntu-5.4", "5.4.0-216", true),
        (">=5.4, <5.10", "debian-5.10", "5.10.0", false),
        ("=6.12", "debian-6.12", "6.12.117", true),
        ("=6.12.1", "debian-6.12", "6.12.117", false),
        ("<=6.12", "debian-6.12", "6.12.117", true),
        (">=6.12.100", "debian-6.12", "6.12.117", true),
    ])
    func selectsKernels(text: String, id: String, release: String, expected: Bool) throws {
        let selector = try #require(KernelSelector(text))
        #expect(try selector.matches(id: #require(KernelID(id)), release: KernelRelease(release)) == expected)
    }

    @Test(arguments: [">=", ">=new", ">=5.10, debian-*", "<5.x", ">=5.10.1.2"])
    func refusesARangeThatIsNone(text: String) {
        #expect(KernelSelector(text) == nil)
    }

    /// A label lies now and then: a profile named 5.15 that boots 6.12 was seen elsewhere.
    @Test func believesTheGuestRatherThanTheLabel() throws {
        let selector = try #require(KernelSelector(">=6.0"))
        let id = try #require(KernelID("oracle-5.15"))
        #expect(selector.matches(id: id, release: KernelRelease(6, 12)))
        #expect(!selector.matches(id: id, release: nil))
    }

    @Test func takesTheFirstRuleThatMatches() throws {
        let rules = [
            Expectation(kernels: try #require(KernelSelector("<5.10")), verdict: .fail),
            Expectation(kernels: .everyKernel, verdict: .pass),
        ]
        let id = try #require(KernelID("ubuntu-5.4"))
        #expect(rules.rule(for: id, release: nil, loader: LoaderName("libbpf")).verdict == .fail)
        #expect([Expectation]().rule(for: id, release: nil, loader: LoaderName("libbpf")).verdict == .pass)
    }

    /// Loaders differ, and a rule for one of them is none for another.
    @Test(arguments: [("libbpf", Verdict.fail), ("aya", .pass), ("cilium", .timeout), ("cilium-0.11", .timeout)])
    func ruleAppliesToItsLoaders(loader: String, expected: Verdict) throws {
        let rules = [
            Expectation(kernels: .everyKernel, loaders: [Glob("libbpf"), Glob("mine")], verdict: .fail),
            Expectation(kernels: .everyKernel, loaders: [Glob("cilium*")], verdict: .timeout),
        ]
        let id = try #require(KernelID("debian-6.1"))
        #expect(rules.rule(for: id, release: nil, loader: LoaderName(loader)).verdict == expected)
    }

    /// A rule without a version applies to all versions, one with a version only to that version, regardless of the
    /// loader's name.
    @Test(
        arguments: [
            ("libbpf", "libbpf@1.1", "1.1.2", true), ("libbpf", "libbpf", "1.7.0", true),
            ("libbpf*", "libbpf@1.1", nil, true), ("*", "cilium@0.9", "0.9.1", true),
            ("libbpf@1.1", "libbpf@1.1", "1.1.2", true), ("libbpf@1.1", "libbpf@1.1", nil, true),
            ("libbpf@1.1.2", "libbpf@1.1", "1.1.2", true), ("libbpf@1", "libbpf@1.1", nil, true),
            ("libbpf@1.1", "libbpf", "1.1.2", true), ("libbpf@1.4", "libbpf", "1.7.0", false),
            ("libbpf@1.1", "libbpf", "1.10.0", false), ("libbpf@1.1", "libbpf", nil, false),
            ("libbpf@1.?", "libbpf@1.4", "1.4.6", true), ("*@0.9", "libbpf@1.1", "1.1.2", false),
            ("aya", "libbpf@1.1", "1.1.2", false),
        ] as [(String, String, String?, Bool)])
    func ruleCanNameAVersion(glob: String, loader: String, version: String?, isAbout: Bool) throws {
        let rules = [Expectation(kernels: .everyKernel, loaders: [Glob(glob)], verdict: .fail)]
        let id = try #require(KernelID("debian-6.1"))
        let rule = rules.rule(for: id, release: nil, loader: LoaderName(loader, version: version))
        #expect(rule.verdict == (isAbout ? .fail : .pass))
    }

    /// A choice is about names: `*` does not choose every version that there is.
    @Test(arguments: [
        ("libbpf", "libbpf", true), ("libbpf", "libbpf@1.1", false), ("*", "libbpf@1.1", false), ("*", "aya", true),
        ("libbpf@*", "libbpf@1.1", true), ("libbpf@*", "libbpf", false), ("*@*", "cilium@0.9", true),
        ("libbpf@1", "libbpf@1.1", false),
    ])
    func choiceOfVersionsIsExplicit(glob: String, loader: String, isChosen: Bool) {
        #expect(Glob(glob).chooses(loader: loader) == isChosen)
    }

    @Test(arguments: [
        (Verdict.fail, "size-negative", Expectation(kernels: .everyKernel, verdict: .fail), true),
        (.fail, "size-negative", Expectation(kernels: .everyKernel, verdict: .fail, cause: "size-negative"), true),
        (.fail, "bad-deref", Expectation(kernels: .everyKernel, verdict: .fail, cause: "size-negative"), false),
        (.fail, "bad-deref.copied", Expectation(kernels: .everyKernel, verdict: .fail, cause: "bad-deref"), true),
        (.fail, "no-event", Expectation(kernels: .everyKernel, verdict: .fail, stage: .load), true),
        (.fail, "no-event", Expectation(kernels: .everyKernel, verdict: .fail, stage: .fire), false),
        (.fail, "a", Expectation(kernels: .everyKernel, verdict: .fail, cause: "b", stage: .load), false),
        (.pass, "", Expectation(kernels: .everyKernel, verdict: .fail), false),
        (.notMeasured, "", Expectation(kernels: .everyKernel, verdict: .pass), false),
        (.crash, "", Expectation(kernels: .everyKernel, verdict: .pass), false),
    ])
    func comparesAResultWithARule(verdict: Verdict, cause: String, rule: Expectation, asExpected: Bool) {
        let program = ProgramResult(
            name: "p", type: "kprobe", verdict: verdict, stage: .load, errno: 13,
            cause: Cause(id: cause, category: "", line: "", source: nil, advice: "", since: nil), log: nil,
            logComplete: true, stats: nil)
        let result = CellResult(
            key: CellKey(kernel: "debian-6.1", probe: "p", variant: "v", loader: "libbpf"),
            verdict: verdict,
            stage: .load, expected: .pass, asExpected: false, cached: false, reason: nil, console: nil,
            programs: [program])
        #expect(result.held(against: rule).asExpected == asExpected)
        #expect(result.held(against: rule).expected == rule.verdict)
    }

    /// The cause of one program and the stage of another are no failure that a rule speaks of.
    @Test func causeAndStageAreThoseOfOneProgram() {
        let programs = [("a", Stage.load), ("b", .attach)].map { cause, stage in
            ProgramResult(
                name: cause, type: "kprobe", verdict: .fail, stage: stage, errno: 22,
                cause: Cause(id: cause, category: "", line: "", source: nil, advice: "", since: nil), log: nil,
                logComplete: true, stats: nil)
        }
        let result = CellResult(
            key: CellKey(kernel: "debian-6.1", probe: "p", variant: "v", loader: "libbpf"), verdict: .fail,
            stage: .load, expected: .pass, asExpected: false, cached: false, reason: nil, console: nil,
            programs: programs)
        let rule = { Expectation(kernels: .everyKernel, verdict: .fail, cause: $0, stage: $1) }
        #expect(result.held(against: rule("b", .attach)).asExpected)
        #expect(!result.held(against: rule("b", .load)).asExpected)
    }

    @Test(arguments: [(Verdict.pass, true, Verdict.pass), (.crash, true, .crash), (.notMeasured, false, .pass)])
    func everyVerdictIsExpectedForAny(verdict: Verdict, asExpected: Bool, expected: Verdict) throws {
        let rule = [Expectation].anything.rule(
            for: try #require(KernelID("el8-4.18")), release: nil, loader: LoaderName("libbpf"))
        let result = CellResult(
            key: CellKey(kernel: "el8-4.18", probe: "p", variant: "v", loader: "libbpf"), verdict: verdict,
            stage: nil, expected: .pass, asExpected: false, cached: false, reason: nil, console: nil, programs: [])
        #expect(result.held(against: rule).asExpected == asExpected)
        #expect(result.held(against: rule).expected == expected)
    }

    @Test(arguments: [
        ("*", "anything", true), ("read*", "readline", true), ("*line", "readline", true), ("r?ad", "read", true),
        ("read", "readline", false), ("*a*b*", "xxaxxbxx", true), ("", "", true), ("?", "", false),
    ])
    func matchesGlobs(pattern: String, name: String, expected: Bool) {
        #expect(Glob(pattern).matches(name) == expected)
    }

    @Test func theWorstPartDecides() {
        #expect(Verdict.worst(of: [.pass, .fail, .pass]) == .fail)
        #expect(Verdict.worst(of: [.fail, .crash]) == .crash)
        #expect(Verdict.worst(of: []) == .notMeasured)
    }
}
