import MatrixAnalysis
import MatrixModel
import MatrixSamples
import Reports
import Testing

/// What `diff`, `plan` and `history` show.
struct AnalysisTextTests {
    private static let kernels = ["ubuntu-5.4", "debian-5.10", "debian-6.1", "debian-6.12"]

    private static func document(
        _ id: String, release: String = "6.1.0-55", rows: KeyValuePairs<String, [CellResult]>
    ) -> MatrixDocument {
        .sample(
            id, kernels: kernels.map { .sample($0, release: $0 == "debian-6.1" ? release : "5.0.0") },
            cells: rows.flatMap(\.value))
    }

    private static func cell(
        _ kernel: String, _ variant: String, _ verdict: Verdict, cause: String? = nil, instructions: Int? = nil
    ) -> CellResult {
        let stage: Stage = verdict == .pass ? .fire : .load
        let program = ProgramResult.sample("watch", verdict, stage: stage, cause: cause, instructions: instructions)
        return .sample(kernel, variant, verdict, stage: stage, programs: verdict == .notMeasured ? [] : [program])
    }

    private static let earlier = document(
        "run-1",
        rows: [
            "masked": kernels.map { cell($0, "masked", .pass, instructions: 1000) },
            "percpu": kernels.map { cell($0, "percpu", $0 == "ubuntu-5.4" ? .fail : .pass, cause: "size-negative") },
            "gone": [cell("debian-6.1", "gone", .pass)],
        ])

    private static let later = document(
        "run-2", release: "6.1.0-56",
        rows: [
            "masked": kernels.map {
                $0 == "ubuntu-5.4"
                    ? cell($0, "masked", .notMeasured) : cell($0, "masked", .pass, instructions: 900_000)
            },
            "percpu": kernels.map {
                $0 == "ubuntu-5.4"
                    ? cell($0, "percpu", .pass)
                    : cell($0, "percpu", .fail, cause: $0 == "debian-6.12" ? "bad|`line`\u{1b}" : "size-negative")
            },
            "new": [cell("debian-6.1", "new", .crash)],
        ])

    private static let comparison = RunComparison(from: earlier, to: later)

    @Test func comparisonAsText() {
        #expect(
            ComparisonText.render(Self.comparison, style: .plain, width: nil) == """
                run-1 → run-2
                7 cells compared: 3 regressions, 1 fix, 1 no longer measured, 1 new, 1 gone

                3 regressions
                  ✗ readline/percpu (libbpf)  debian-5.10, debian-6.1  pass → fail at load: size-negative
                      R2 size-negative
                      another kernel: debian-6.1 is 6.1.0-56, was 6.1.0-55
                  ✗ readline/percpu (libbpf)  debian-6.12              pass → fail at load: bad|`line`\\u{1b}
                      R2 bad|`line`\\u{1b}

                1 fix
                  ✓ readline/percpu (libbpf)  ubuntu-5.4  fail at load: size-negative → pass

                1 no longer measured
                  · readline/masked (libbpf)  ubuntu-5.4  pass → not measured: no image

                1 new
                  + readline/new (libbpf)  debian-6.1  crash at load

                1 gone
                  - readline/gone (libbpf)  debian-6.1  pass

                instructions
                  + readline/masked (libbpf)  debian-5.10…6.12  watch: 1000 → 900000 instructions (+89900 %)

                less than 15 % headroom
                  + readline/masked (libbpf)  debian-5.10…6.12  watch: 10 % of 1000000 instructions left, 99.9 % before

                kernels
                  debian-6.1: 6.1.0-55 → 6.1.0-56

                """)
    }

    @Test func comparisonAsMarkdown() {
        #expect(
            ComparisonMarkdown.render(Self.comparison) == """
                ### 7 cells compared: 3 regressions, 1 fix, 1 no longer measured, 1 new, 1 gone

                <code>run-1</code> → <code>run-2</code>

                |  | variant | kernels | was | is | why |
                | --- | --- | --- | --- | --- | --- |
                | ✗ regression | <code>readline/percpu</code> libbpf | debian-5.10, debian-6.1 | pass | fail at load: size-negative | <code>R2 size-negative</code><br>another kernel: debian-6.1 is 6.1.0-56, was 6.1.0-55 |
                | ✗ regression | <code>readline/percpu</code> libbpf | debian-6.12 | pass | fail at load: bad&#124;&#96;line&#96;&#92;u{1b} | <code>R2 bad&#124;&#96;line&#96;&#92;u{1b}</code> |
                | ✓ fix | <code>readline/percpu</code> libbpf | ubuntu-5.4 | fail at load: size-negative | pass |  |
                | · no longer measured | <code>readline/masked</code> libbpf | ubuntu-5.4 | pass | not measured: no image |  |
                | + new | <code>readline/new</code> libbpf | debian-6.1 |  | crash at load |  |
                | - gone | <code>readline/gone</code> libbpf | debian-6.1 | pass |  |  |

                **instructions**

                - readline/masked (libbpf) on debian-5.10…6.12: watch: 1000 → 900000 instructions (+89900 %)

                **less than 15 % headroom**

                - readline/masked (libbpf) on debian-5.10…6.12: watch: 10 % of 1000000 instructions left, 99.9 % before

                **kernels**

                - debian-6.1: 6.1.0-55 → 6.1.0-56

                """)
    }

    @Test func comparisonOfARunWithItself() {
        let comparison = RunComparison(from: Self.earlier, to: Self.earlier)
        #expect(
            ComparisonText.render(comparison, style: .plain, width: nil)
                == "run-1 → run-1\n9 cells compared: no change\n")
        #expect(
            ComparisonMarkdown.render(comparison)
                == "### 9 cells compared: no change\n\n<code>run-1</code> → <code>run-1</code>\n")
    }

    @Test func linesAreCutAtTheTerminalsWidth() {
        let text = ComparisonText.render(Self.comparison, style: .plain, width: 40)
        #expect(text.split(separator: "\n").allSatisfy { $0.count <= 40 })
        #expect(
            ComparisonText.render(Self.comparison, style: .colour, width: nil).contains("\u{1b}[1;31m3 regressions"))
    }

    @Test func planAsText() {
        #expect(
            PlanText.render(VariantPlan(Self.later), style: .plain) == """
                readline with libbpf
                  ships   masked, percpu (smallest set)
                  passes  from ubuntu-5.4 on
                  dead    new

                  kernel       winner  stage  shipped variant  also passes
                  ubuntu-5.4   percpu  fire   percpu           not measured: masked, new
                  debian-5.10  masked  fire   masked           not measured: new
                  debian-6.1   masked  fire   masked
                  debian-6.12  masked  fire   masked           not measured: new

                  variant  status                    passes
                  masked   ships                     from debian-5.10 on; not measured: ubuntu-5.4
                  new      dead, as far as measured  nowhere, as far as measured; not measured: ubuntu-5.4, debian-5.10, debian-6.12
                  percpu   ships                     from ubuntu-5.4, not on debian-5.10…6.12

                """)
    }

    @Test func planAsMarkdown() {
        #expect(
            PlanMarkdown.render(VariantPlan(Self.earlier)) == """
                ### readline with libbpf

                - ships: masked (smallest set)
                - passes: from ubuntu-5.4 on
                - dead: gone, percpu

                | kernel | winner | stage | shipped variant | also passes |
                | --- | --- | --- | --- | --- |
                | ubuntu-5.4 | masked | fire | masked | not measured: gone |
                | debian-5.10 | masked | fire | masked | percpu; not measured: gone |
                | debian-6.1 | masked | fire | masked | gone, percpu |
                | debian-6.12 | masked | fire | masked | percpu; not measured: gone |

                | variant | status | passes |
                | --- | --- | --- |
                | gone | dead: masked passes wherever it does | from debian-6.1 on; not measured: ubuntu-5.4, debian-5.10, debian-6.12 |
                | masked | ships | from ubuntu-5.4 on |
                | percpu | dead: masked passes wherever it does | from debian-5.10 on |

                """)
    }

    private static let history = ProbeHistory(of: "readline", in: [earlier, later])

    @Test func historyAsText() {
        #expect(
            HistoryText.render(Self.history, style: .plain, width: nil) == """
                readline

                gone (libbpf)
                  run    debian-6.1
                  run-1  ✓ pass
                  run-2

                masked (libbpf)
                  run    ubuntu-5.4  debian-5.10  debian-6.1  debian-6.12
                  run-1  ✓ 1000      ✓ 1000       ✓ 1000      ✓ 1000
                  run-2  · n/m       ✓ 900000 ↑   ✓ 900000 ↑  ✓ 900000 ↑

                new (libbpf)
                  run    debian-6.1
                  run-1
                  run-2  ! crash

                percpu (libbpf)
                  run    ubuntu-5.4  debian-5.10  debian-6.1  debian-6.12
                  run-1  ✗ fail      ✓ pass       ✓ pass      ✓ pass
                  run-2  ✓ pass ▲    ✗ fail ▼     ✗ fail ▼    ✗ fail ▼

                changes
                  run-2  masked (libbpf)  debian-5.10  1000 → 900000 instructions
                  run-2  masked (libbpf)  debian-6.1   1000 → 900000 instructions; another kernel: 6.1.0-55 → 6.1.0-56
                  run-2  masked (libbpf)  debian-6.12  1000 → 900000 instructions
                  run-2  percpu (libbpf)  ubuntu-5.4   fail at load: size-negative → pass
                  run-2  percpu (libbpf)  debian-5.10  pass → fail at load: size-negative
                  run-2  percpu (libbpf)  debian-6.1   pass → fail at load: size-negative; another kernel: 6.1.0-55 → 6.1.0-56
                  run-2  percpu (libbpf)  debian-6.12  pass → fail at load: bad|`line`\\u{1b}

                """)
    }

    @Test func kernelsThatDoNotFitGoBelow() {
        let text = HistoryText.render(Self.history, style: .plain, width: 44)
        let tables = text.split(separator: "\n\n").dropLast()
        #expect(tables.allSatisfy { $0.split(separator: "\n").allSatisfy { $0.count <= 44 } })
        #expect(tables.contains { $0.split(separator: "\n").count { $0.contains("run  ") } == 2 }, "\(text)")
    }

    @Test func historyWithoutAChange() {
        let history = ProbeHistory(of: "readline", in: [Self.earlier, Self.earlier])
        #expect(HistoryText.render(history, style: .plain, width: nil).hasSuffix("\nno changes\n"))
    }

    private static func bisection(_ row: KeyValuePairs<String, Verdict>, stored: Int = 0) -> [Bisection] {
        var bisection = ProbeBisection(
            probe: "readline", kernels: ["el7-3.10", "ubuntu-4.15", "ubuntu-5.4", "debian-5.10", "debian-6.1"])
        for (place, (kernel, verdict)) in row.enumerated() {
            let cell = cell(kernel, "percpu", verdict, cause: verdict == .fail ? "size-negative" : nil)
            bisection.note(cell, release: "5.0", isStored: place < stored)
        }
        return bisection.results
    }

    @Test(
        arguments: [
            (
                bisection(
                    ["el7-3.10": .fail, "debian-6.1": .pass, "ubuntu-5.4": .fail, "debian-5.10": .pass], stored: 1),
                """
                  passes on ≥ 5.10 (debian-5.10), fails on ≤ 5.4 (ubuntu-5.4): size-negative
                  3 kernels tested of 5, 1 from the store
                  not tested: ubuntu-4.15
                """
            ),
            (
                bisection([
                    "el7-3.10": .pass, "debian-6.1": .crash, "ubuntu-5.4": .notMeasured, "ubuntu-4.15": .pass,
                    "debian-5.10": .crash,
                ]),
                """
                  passes on ≤ 4.15 (ubuntu-4.15), fails on ≥ 5.10 (debian-5.10) crash; ubuntu-5.4 between them could not be measured
                  4 kernels tested of 5
                  not measured: ubuntu-5.4: no image
                """
            ),
            (
                bisection(["el7-3.10": .pass, "ubuntu-4.15": .fail, "ubuntu-5.4": .fail, "debian-5.10": .pass]),
                """
                  passes on ≤ 3.10 (el7-3.10), fails on ≥ 4.15 (ubuntu-4.15): size-negative
                  passes on ≥ 5.10 (debian-5.10), fails on ≤ 5.4 (ubuntu-5.4): size-negative
                  the verdict does not follow the version: there may be more boundaries between the kernels that were not tested
                  4 kernels tested of 5
                  not tested: debian-6.1
                """
            ),
            (
                bisection(["el7-3.10": .pass, "debian-6.1": .pass], stored: 2),
                """
                  passes on every tested kernel: el7-3.10, debian-6.1
                  0 kernels tested of 5, 2 from the store
                  not tested: ubuntu-4.15, ubuntu-5.4, debian-5.10
                """
            ),
            (
                bisection(["el7-3.10": .fail, "debian-6.1": .timeout]),
                """
                  passes on none of the tested kernels: el7-3.10, debian-6.1: size-negative
                  2 kernels tested of 5
                  not tested: ubuntu-4.15, ubuntu-5.4, debian-5.10
                """
            ),
            (
                bisection(["el7-3.10": .notMeasured]),
                """
                  nothing could be measured
                  0 kernels tested of 5
                  not tested: ubuntu-4.15, ubuntu-5.4, debian-5.10, debian-6.1
                  not measured: el7-3.10: no image
                """
            ),
        ] as [([Bisection], String)])
    func bisectionAsText(bisections: [Bisection], text: String) {
        #expect(
            BisectionText.render(bisections, style: .plain) == "readline/percpu (libbpf)\n\(text)\n")
    }
}
