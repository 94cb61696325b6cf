import Manifests
import MatrixAnalysis
import MatrixModel
import Reports
import Testing

@testable import CompatMatrixCLI

/// What a run breaks, as tables: pure values, no guests.
@Suite struct GateTests {
    static func cell(
        _ probe: String, _ verdict: Verdict, expected: Verdict = .pass, cause: String? = nil, instructions: Int = 100,
        reason: String? = nil
    ) -> CellResult {
        let program = ProgramResult(
            name: "p", type: "kprobe", verdict: verdict, stage: .load, errno: verdict == .pass ? 0 : 22,
            cause: cause.map { Cause(id: $0, category: "", line: "l", source: nil, advice: "", since: nil) }, log: nil,
            logComplete: true, stats: ProgramStatistics(instructions: instructions, limit: 1_000_000))
        return CellResult(
            key: CellKey(kernel: "debian-6.12", probe: probe, variant: "v", loader: "libbpf"), verdict: verdict,
            stage: verdict == .notMeasured ? nil : .load, expected: expected,
            asExpected: verdict != .notMeasured && verdict == expected, cached: false, reason: nil, console: nil,
            programs: verdict == .notMeasured ? [] : [program], expectedReason: reason)
    }

    static func run(_ cells: [CellResult], exceptions: [ExceptionRow.State] = []) -> MatrixDocument {
        MatrixDocument(
            run: RunInfo(
                id: "r", startedAt: "2026-11-26T10:00:00Z", durationSeconds: 1, tool: "0.1.0",
                host: HostInfo(qemu: nil, accelerator: nil, cpus: 1)),
            kernels: [
                KernelRow(
                    id: "debian-6.12", release: "6.12.1", family: "debian", btf: true, start: .warm, readySeconds: 0.1,
                    status: .measured, reason: nil)
            ],
            exceptions: exceptions.enumerated().map { line, state in
                ExceptionRow(
                    probe: "p", file: "p/probe.yaml", line: line + 1, variants: "*", kernels: "*", verdict: .fail,
                    reason: nil, expires: nil, state: state, cells: 0)
            }, cells: cells)
    }

    private static func gate(
        _ now: [CellResult], before: [CellResult]?, _ rules: GateRules = GateRules(),
        exceptions: [ExceptionRow.State] = []
    ) -> Gate {
        Gate(run(now, exceptions: exceptions), baseline: before.map { run($0) }, rules: rules)
    }

    /// The cell as it is now, as the baseline has it, and whether the run passes with that baseline.
    @Test(arguments: [
        (cell("a", .pass), cell("a", .pass), true),
        // Worse than it was, and not expected.
        (cell("a", .fail), cell("a", .pass), false),
        (cell("a", .crash), cell("a", .fail), false),
        (cell("a", .crash, expected: .fail), cell("a", .fail, expected: .fail), false),
        // Worse than before, but covered by a rule.
        (cell("a", .fail, expected: .fail), cell("a", .pass), true),
        // As bad as it was.
        (cell("a", .fail), cell("a", .fail), true),
        (cell("a", .fail, cause: "y"), cell("a", .fail, cause: "x"), true),
        // An exception that has expired.
        (cell("a", .fail), cell("a", .fail, expected: .fail), false),
        // New, and not as expected.
        (cell("b", .fail), cell("a", .pass), false),
        (cell("b", .fail, expected: .fail), cell("a", .pass), true),
        (cell("b", .pass), cell("a", .pass), true),
        (cell("a", .fail), cell("a", .notMeasured), false),
        // A pass is never a regression, even where a failure is expected.
        (cell("a", .pass, expected: .fail), cell("a", .fail, expected: .fail), true),
        (cell("b", .pass, expected: .fail), cell("a", .pass), true),
    ])
    func isNoWorseThanTheBaseline(now: CellResult, before: CellResult, passes: Bool) {
        let gate = Self.gate([now], before: [before])
        #expect(gate.breaches.isEmpty == passes)
        #expect(gate.status(allowMissing: false) == (passes ? nil : .unexpectedVerdicts))
    }

    @Test func unexpectedCountsWithoutABaseline() {
        #expect(Self.gate([Self.cell("a", .fail)], before: nil).breaches.map(\.condition) == [.unexpected])
        #expect(
            Self.gate([Self.cell("a", .pass, expected: .fail)], before: nil).status(allowMissing: true)
                == .unexpectedVerdicts)
        #expect(Self.gate([Self.cell("a", .fail, expected: .fail)], before: nil).status(allowMissing: false) == nil)
    }

    @Test(arguments: [
        (
            GateCondition.causeChange, cell("a", .fail, cause: "y"), cell("a", .fail, cause: "x"),
            "a/v (libbpf) on debian-6.12: x → y"
        ),
        (
            .growth, cell("a", .pass, instructions: 200), cell("a", .pass),
            "a/v (libbpf) on debian-6.12, p: 100 → 200 instructions"
        ),
        (
            .headroom, cell("a", .pass, instructions: 900_000), cell("a", .pass, instructions: 800_000),
            "a/v (libbpf) on debian-6.12, p: 10.0 % headroom"
        ),
        (.unexpected, cell("a", .fail), cell("a", .fail), "a/v (libbpf) on debian-6.12: fail, expected pass"),
    ])
    func failsOnTheConfiguredConditions(condition: GateCondition, now: CellResult, before: CellResult, item: String) {
        let told = Self.gate([now], before: [before], GateRules(failOn: [condition]))
        #expect(told.breaches.map(\.condition) == [condition])
        #expect(told.breaches.first?.items == [item])
        #expect(Self.gate([now], before: [before]).breaches.isEmpty)
        #expect(Self.gate([now], before: [before], GateRules(failOn: [])).breaches.isEmpty)
    }

    /// With a baseline what was close before is no news.
    @Test func headroomIsNewOrAll() {
        let low = Self.cell("a", .pass, instructions: 900_000)
        let rules = GateRules(failOn: [.headroom])
        #expect(Self.gate([low], before: [low], rules).breaches.isEmpty)
        #expect(Self.gate([low], before: nil, rules).breaches.map(\.condition) == [.headroom])
    }

    @Test func exceptionsFailTheRunIfConfigured() {
        let states: [ExceptionRow.State] = [.used, .unneeded, .expired, .untested]
        let cells = [Self.cell("a", .pass)]
        #expect(Self.gate(cells, before: nil, exceptions: states).breaches.isEmpty)
        let unneeded = Self.gate(cells, before: nil, GateRules(failsOnUnneeded: true), exceptions: states)
        #expect(unneeded.breaches.map(\.condition) == [.unneeded])
        #expect(unneeded.breaches.first?.items == ["p/probe.yaml:2"])
        let expired = Self.gate(cells, before: nil, GateRules(failOn: [.expired]), exceptions: states)
        #expect(expired.breaches.first?.items == ["p/probe.yaml:3"])
    }

    @Test(arguments: [(false, CompatMatrixCLI.ExitStatus.notMeasured as CompatMatrixCLI.ExitStatus?), (true, nil)])
    func missingCellsAreCountedSeparately(allowMissing: Bool, status: CompatMatrixCLI.ExitStatus?) {
        let cells = [Self.cell("a", .pass), Self.cell("b", .notMeasured)]
        #expect(Self.gate(cells, before: nil).status(allowMissing: allowMissing) == status)
        #expect(Self.gate(cells, before: cells).status(allowMissing: allowMissing) == status)
        let wrong = cells + [Self.cell("c", .fail)]
        #expect(Self.gate(wrong, before: nil).status(allowMissing: allowMissing) == .unexpectedVerdicts)
        #expect(Self.gate(wrong, before: cells).status(allowMissing: allowMissing) == .unexpectedVerdicts)
    }

    @Test func saysWhatItMakesOfIt() {
        let before = ["a", "b", "c"].map { Self.cell($0, .pass) } + [Self.cell("d", .fail)]
        let now = [
            Self.cell("a", .fail), Self.cell("b", .fail, expected: .fail), Self.cell("c", .pass), Self.cell("d", .fail),
        ]
        #expect(
            GateText.render(Self.gate(now, before: before)) == """
                gate: fails on 1 regression
                  regression: a/v (libbpf) on debian-6.12: fail, was pass
                """)
        #expect(
            GateText.render(Self.gate(Array(now.dropFirst()), before: before))
                == "gate: passes; 1 worse than the baseline, but expected, 1 not as expected, but no worse than the baseline"
        )
        let many = Self.gate((10..<35).map { Self.cell("p\($0)", .fail) }, before: nil)
        let text = GateText.render(many).split(separator: "\n")
        #expect(text.first == "gate: fails on 25 cells not as expected")
        #expect(text.last == "  … and 5 more")
        #expect(text.count == 22)
    }

    @Test func aPartIsComparedWithThatPart() {
        let before = Self.run([Self.cell("a", .pass), Self.cell("b", .pass)])
        let now = Self.run([Self.cell("a", .pass)])
        #expect(before.restricted(toCellsOf: now).cells.map(\.probe) == ["a"])
        let gate = Gate(now, baseline: before.restricted(toCellsOf: now), rules: GateRules())
        #expect(gate.comparison?.changes == [])
    }
}
