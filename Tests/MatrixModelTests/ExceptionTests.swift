import MatrixModel
import Testing

@Suite struct ExceptionTests {
    private static func rule(
        _ line: Int, _ verdict: Verdict?, kernels: String = "*", expires: String? = nil, cause: String? = nil
    ) throws -> Expectation {
        Expectation(
            kernels: try #require(KernelSelector(kernels)), verdict: verdict, cause: cause, reason: "r\(line)",
            expires: try expires.map { try #require(Day($0)) },
            origin: ExpectationOrigin(file: "p/probe.yaml", line: line, variants: "*"))
    }

    private static func cell(_ kernel: String, _ verdict: Verdict, variant: String = "v") -> CellResult {
        CellResult(
            key: CellKey(kernel: kernel, probe: "p", variant: variant, loader: "libbpf"), verdict: verdict,
            stage: .load,
            expected: .pass, asExpected: false, cached: false, reason: nil, console: nil, programs: [])
    }

    private static func document(_ cells: [CellResult]) -> MatrixDocument {
        MatrixDocument(
            run: RunInfo(
                id: "r", startedAt: "2026-11-26T10:00:00Z", durationSeconds: 1, tool: "0.1.0",
                host: HostInfo(qemu: nil, accelerator: nil, cpus: 1)),
            kernels: [], cells: cells)
    }

    private static func rows(
        _ rules: [Expectation], _ cells: [CellResult], isWhole: Bool = true, outsideGate: String = ""
    ) throws -> [ExceptionRow] {
        let day = try #require(Day("2026-11-26"))
        return ExceptionCount(
            of: [.init(probe: "p", name: "v", expectations: rules.on(day))], in: document(cells),
            isOfGate: { $0 != outsideGate }
        ).rows(isWhole: isWhole)
    }

    /// A run of the current version does not show that a rule for another one can go.
    @Test(arguments: [
        ("libbpf@1.1", ExceptionRow.State.untested), ("libbpf@1.7", .unneeded), ("cilium@*", .untested),
        ("libbpf", .unneeded), ("aya", .unneeded),
    ])
    func ruleForAVersionThatWasNotRunIsUntested(glob: String, state: ExceptionRow.State) throws {
        var rule = try Self.rule(1, .fail, kernels: "<4.0")
        rule.loaders = [Glob(glob)]
        var document = Self.document([Self.cell("debian-6.12", .pass)])
        document.loaders = [
            LoaderRow(name: "libbpf", library: "libbpf", version: "1.7.0", status: .available, reason: nil)
        ]
        let count = ExceptionCount(
            of: [.init(probe: "p", name: "v", expectations: [rule])], in: document, isOfGate: { _ in true })
        #expect(count.rows(isWhole: true).map(\.state) == [state])
    }

    @Test(arguments: [("2026-11-25", false), ("2026-11-26", true), ("2026-11-27", true), ("2027-01-01", true)])
    func ruleAppliesThroughItsLastDay(expires: String, holds: Bool) throws {
        let day = try #require(Document.day)
        let rules = [try Self.rule(1, .fail, expires: expires)].on(day)
        let id = try #require(KernelID("debian-6.12"))
        let cell = Self.cell("debian-6.12", .fail).held(against: rules, on: id, release: nil)
        #expect(cell.asExpected == holds)
        #expect(cell.expected == (holds ? .fail : .pass))
        #expect(cell.expectedReason == (holds ? "r1" : "expired exception (until 2026-11-25): r1"))
    }

    private enum Document { static var day: Day? { document([]).run.day } }

    /// What the expired rule would not have excused either, it has nothing to do with.
    @Test func expiredRuleIsReportedForItsCells() throws {
        let day = try #require(Day("2026-11-26"))
        let rules = [try Self.rule(1, .fail, expires: "2020-01-01"), try Self.rule(2, .pass)].on(day)
        let id = try #require(KernelID("debian-6.12"))
        let crash = Self.cell("debian-6.12", .crash).held(against: rules, on: id, release: nil)
        #expect(!crash.asExpected)
        #expect(crash.expectedReason == "r2")
        let pass = Self.cell("debian-6.12", .pass).held(against: rules, on: id, release: nil)
        #expect(pass.asExpected)
        #expect(pass.expectedReason == "r2")
    }

    @Test func theRuleAfterAnExpiredOneCounts() throws {
        let day = try #require(Day("2026-11-26"))
        let rules = [try Self.rule(1, .fail, expires: "2020-01-01"), try Self.rule(2, .fail)].on(day)
        let id = try #require(KernelID("debian-6.12"))
        let cell = Self.cell("debian-6.12", .fail).held(against: rules, on: id, release: nil)
        #expect(cell.asExpected)
        #expect(cell.expectedReason == "r2")
    }

    @Test func countsWhatEachRuleDecided() throws {
        let rules = try [
            Self.rule(1, .fail, kernels: "<5.10"), Self.rule(2, .fail, kernels: "el7-*"),
            Self.rule(3, .fail, kernels: "debian-6.1", expires: "2026-01-01"), Self.rule(4, nil, kernels: ">=6.12"),
            Self.rule(5, nil, kernels: "=6.1"),
        ]
        let cells = [
            Self.cell("ubuntu-5.4", .fail), Self.cell("ubuntu-4.15", .pass), Self.cell("debian-6.1", .pass),
            Self.cell("debian-6.12", .crash),
        ]
        let rows = try Self.rows(rules, cells)
        #expect(rows.map(\.line) == [1, 2, 3, 4, 5])
        // The fifth expects anything of a kernel that passes.
        #expect(rows.map(\.state) == [.used, .unneeded, .expired, .used, .unneeded])
        #expect(rows.map(\.cells) == [2, 0, 1, 1, 1])
        #expect(rows.map(\.reason) == ["r1", "r2", "r3", "r4", "r5"])
        #expect(rows[2].expires == "2026-01-01")
        #expect(rows[3].verdict == nil)
    }

    @Test func partialRunDoesNotReportUnneededRules() throws {
        let rules = [try Self.rule(1, .fail, kernels: "el7-*")]
        let cells = [Self.cell("debian-6.12", .pass)]
        #expect(try Self.rows(rules, cells).map(\.state) == [.unneeded])
        #expect(try Self.rows(rules, cells, isWhole: false).map(\.state) == [.untested])
        #expect(try Self.rows(rules, cells + [Self.cell("el7-3.10", .notMeasured)]).map(\.state) == [.untested])
        let outside = try Self.rows(rules, cells + [Self.cell("el7-3.10", .fail)], outsideGate: "el7-3.10")
        #expect(outside.map(\.state) == [.untested])
        #expect(outside.map(\.cells) == [0])
    }

    /// A rule that an earlier one always comes before decides nothing.
    @Test func shadowedRuleIsUnneeded() throws {
        let rules = [try Self.rule(1, .fail), try Self.rule(2, .fail, kernels: "el7-*")]
        let rows = try Self.rows(rules, [Self.cell("el7-3.10", .fail), Self.cell("debian-6.12", .fail)])
        #expect(rows.map(\.state) == [.used, .unneeded])
    }

    @Test func aRuleOfSeveralVariantsIsOneRow() throws {
        let shared = try Self.rule(7, .fail)
        let own = try Self.rule(3, .pass, kernels: "el7-*")
        let count = ExceptionCount(
            of: [
                .init(probe: "p", name: "v", expectations: [shared]),
                .init(probe: "p", name: "w", expectations: [own, shared]),
            ],
            in: Self.document([
                Self.cell("el7-3.10", .fail), Self.cell("el7-3.10", .pass, variant: "w"),
                Self.cell("debian-6.1", .fail, variant: "w"),
            ]), isOfGate: { _ in true })
        let rows = count.rows(isWhole: true)
        #expect(rows.map(\.line) == [3, 7])
        #expect(rows.map(\.cells) == [1, 2])
        #expect(rows.map(\.state) == [.used, .used])
    }
}
