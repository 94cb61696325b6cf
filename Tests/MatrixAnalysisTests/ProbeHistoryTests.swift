import MatrixAnalysis
import MatrixModel
import MatrixSamples
import Testing

struct ProbeHistoryTests {
    private static func run(
        _ number: Int, _ cells: [CellResult], release: String = "6.1.0", version: String = "1.4"
    ) -> MatrixDocument {
        .sample(
            "run-\(number)", kernels: [.sample("debian-6.1", release: release)],
            loaders: [
                LoaderRow(name: "libbpf", library: "libbpf", version: version, status: .available, reason: nil)
            ], cells: cells)
    }

    private static func cell(
        _ verdict: Verdict, cause: String? = nil, instructions: Int? = nil, stage: Stage = .load
    ) -> CellResult {
        let program = ProgramResult.sample("watch", verdict, stage: stage, cause: cause, instructions: instructions)
        return .sample("debian-6.1", "a", verdict, stage: stage, programs: [program])
    }

    /// What changed from one point to the next.
    @Test(
        arguments: [
            ([cell(.pass), cell(.pass)], [[], []]),
            ([cell(.pass), cell(.fail), cell(.pass)], [[], [.regression], [.fix]]),
            // What was not measured is skipped, on both sides.
            ([cell(.pass), cell(.notMeasured), cell(.fail)], [[], [], [.regression]]),
            ([cell(.notMeasured), cell(.pass)], [[], []]),
            ([cell(.fail, cause: "a"), cell(.fail, cause: "b")], [[], [.otherwise]]),
            ([cell(.pass, instructions: 1000), cell(.pass, instructions: 1200)], [[], [.growth]]),
            ([cell(.pass, instructions: 1000), cell(.pass, instructions: 1050)], [[], []]),
            ([cell(.fail, instructions: 1000), cell(.pass, instructions: 2000)], [[], [.fix]]),
            ([cell(.pass, stage: .fire), cell(.pass, stage: .load)], [[], [.otherwise]]),
        ] as [([CellResult], [[HistoryPoint.Change]])])
    func changes(cells: [CellResult], changes: [[HistoryPoint.Change]]) {
        let documents = cells.enumerated().map { Self.run($0, [$1]) }
        let history = ProbeHistory(of: "readline", in: documents)
        #expect(history.series.map { $0.points.map(\.changes) } == [changes])
        #expect(history.series.first?.turns.count == changes.count { !$0.isEmpty })
    }

    @Test func kernelsAndLoadersThatChange() {
        let history = ProbeHistory(
            of: "readline",
            in: [
                Self.run(1, [Self.cell(.pass)]), Self.run(2, [Self.cell(.pass)], release: "6.1.1"),
                Self.run(3, [Self.cell(.fail)], release: "6.1.1", version: "1.5"),
            ])
        #expect(history.series.first?.points.map(\.changes) == [[], [.kernelRelease], [.regression, .loaderVersion]])
    }

    @Test func runsWithoutTheProbeAreNotPartOfIt() {
        let other = CellResult.sample("debian-6.1", "a", .pass, probe: "other")
        let history = ProbeHistory(
            of: "readline",
            in: [Self.run(1, [Self.cell(.pass)]), Self.run(2, [other]), Self.run(3, [Self.cell(.pass), other])])
        #expect(history.runs.map(\.id) == ["run-1", "run-3"])
        #expect(history.series.count == 1)
    }

    @Test func onlySelectedCells() {
        let cells = ["debian-6.1", "ubuntu-5.4"].flatMap { kernel in
            ["a", "b"].map { CellResult.sample(kernel, $0, .pass) }
        }
        let history = ProbeHistory(of: "readline", in: [Self.run(1, cells)])
        #expect(
            history.series.map { "\($0.variant) \($0.kernel)" } == [
                "a ubuntu-5.4", "a debian-6.1", "b ubuntu-5.4", "b debian-6.1",
            ])
        let some = ProbeHistory(of: "readline", in: [Self.run(1, cells)]) {
            $0.variant == "b" && $0.kernel != "ubuntu-5.4"
        }
        #expect(some.series.map { "\($0.variant) \($0.kernel)" } == ["b debian-6.1"])
        #expect(ProbeHistory(of: "nothing", in: [Self.run(1, cells)]).runs == [])
    }
}
