import MatrixAnalysis
import MatrixModel
import MatrixSamples
import Testing

struct RunComparisonTests {
    private typealias Kind = CellChange.Kind

    private static func compare(
        _ from: [CellResult], _ to: [CellResult], thresholds: ComparisonThresholds = ComparisonThresholds()
    ) -> RunComparison {
        func document(_ cells: [CellResult]) -> MatrixDocument {
            .sample(kernels: Set(cells.map(\.kernel)).sorted().map { .sample($0) }, cells: cells)
        }
        return RunComparison(from: document(from), to: document(to), thresholds: thresholds)
    }

    private static func cell(_ verdict: Verdict, stage: Stage? = nil, programs: [ProgramResult]? = nil) -> CellResult {
        .sample("debian-6.1", "a", verdict, stage: stage, programs: programs)
    }

    /// Every verdict against every other.
    @Test(
        arguments: [
            (.pass, .pass, nil), (.pass, .fail, .regression), (.pass, .timeout, .regression),
            (.pass, .crash, .regression),
            (.pass, .notMeasured, .noLongerMeasured),
            (.fail, .pass, .fix), (.fail, .fail, nil), (.fail, .timeout, .regression), (.fail, .crash, .regression),
            (.fail, .notMeasured, .noLongerMeasured),
            (.timeout, .pass, .fix), (.timeout, .fail, .otherwise), (.timeout, .timeout, nil),
            (.timeout, .crash, .regression), (.timeout, .notMeasured, .noLongerMeasured),
            (.crash, .pass, .fix), (.crash, .fail, .otherwise), (.crash, .timeout, .otherwise), (.crash, .crash, nil),
            (.crash, .notMeasured, .noLongerMeasured),
            (.notMeasured, .pass, .newlyMeasured), (.notMeasured, .fail, .newlyMeasured),
            (.notMeasured, .timeout, .newlyMeasured), (.notMeasured, .crash, .newlyMeasured),
            (.notMeasured, .notMeasured, nil),
            (nil, .pass, .new), (nil, .notMeasured, .new), (.fail, nil, .gone), (.notMeasured, nil, .gone),
        ] as [(Verdict?, Verdict?, CellChange.Kind?)])
    func kinds(from: Verdict?, to: Verdict?, kind: CellChange.Kind?) {
        let comparison = Self.compare(from.map { [Self.cell($0)] } ?? [], to.map { [Self.cell($0)] } ?? [])
        #expect(comparison.changes.map(\.kind) == (kind.map { [$0] } ?? []))
        #expect(comparison.changes.allSatisfy { $0.from?.verdict == from && $0.to?.verdict == to })
        let total = comparison.counts.values.reduce(0, +)
        #expect(comparison.counts.count == Kind.allCases.count && total == (kind == nil ? 0 : 1))
        let measured = [from, to].allSatisfy { $0 != nil && $0 != .notMeasured }
        #expect(comparison.compared == (measured ? 1 : 0))
    }

    /// Programs of a cell that fails as a whole in both runs.
    @Test(
        arguments: [
            // One of two gets worse, or better, or both happen.
            (
                [.sample("one", .pass), .sample("two", .fail)], [.sample("one", .fail), .sample("two", .fail)],
                .regression
            ),
            ([.sample("one", .fail), .sample("two", .fail)], [.sample("one", .pass), .sample("two", .fail)], .fix),
            (
                [.sample("one", .pass), .sample("two", .fail)], [.sample("one", .fail), .sample("two", .pass)],
                .regression
            ),
            // Another cause, errno or stage.
            (
                [.sample("one", .fail, cause: "size-negative")], [.sample("one", .fail, cause: "unknown-helper")],
                .otherwise
            ),
            ([.sample("one", .fail, errno: 22)], [.sample("one", .fail, errno: 13)], .otherwise),
            ([.sample("one", .fail, stage: .load)], [.sample("one", .fail, stage: .attach)], .otherwise),
            ([.sample("one", .fail, cause: "size-negative")], [.sample("one", .fail, cause: "size-negative")], nil),
            // Programs that came and went.
            ([.sample("one", .fail)], [.sample("one", .fail), .sample("two", .fail)], .otherwise),
            ([.sample("one", .fail), .sample("two", .pass)], [.sample("one", .fail)], .otherwise),
            // What was not measured is as good as not there.
            ([.sample("one", .fail), .sample("two", .notMeasured)], [.sample("one", .fail)], nil),
            (
                [.sample("one", .fail), .sample("two", .pass)], [.sample("one", .fail), .sample("two", .notMeasured)],
                .otherwise
            ),
        ] as [([ProgramResult], [ProgramResult], CellChange.Kind?)])
    func programs(from: [ProgramResult], to: [ProgramResult], kind: CellChange.Kind?) {
        let comparison = Self.compare([Self.cell(.fail, programs: from)], [Self.cell(.fail, programs: to)])
        #expect(comparison.changes.map(\.kind) == (kind.map { [$0] } ?? []))
        #expect(comparison.changes.allSatisfy { !$0.programs.isEmpty })
    }

    /// A pass that no longer reaches the same stage is not a regression of the probe, but it is reported.
    @Test func passesThatEndElsewhere() {
        let comparison = Self.compare([Self.cell(.pass, stage: .fire)], [Self.cell(.pass, stage: .load)])
        #expect(comparison.changes.map(\.kind) == [.otherwise])
    }

    @Test(
        arguments: [
            (1000, 1100, nil), (1000, 1101, 10.1), (1000, 1500, 50), (1000, 900, nil), (100, 149, nil), (100, 150, 50),
            (3, 300, 9900), (0, 500, nil),
        ] as [(Int, Int, Double?)])
    func growth(from: Int, to: Int, percent: Double?) {
        func cell(_ instructions: Int) -> CellResult {
            Self.cell(.pass, programs: [.sample("one", .pass, instructions: instructions)])
        }
        let comparison = Self.compare([cell(from)], [cell(to)])
        #expect(comparison.growths.map(\.percent) == (percent.map { [$0] } ?? []))
        #expect(comparison.changes == [] && comparison.isEmpty == (percent == nil))
    }

    @Test func growthFollowsItsThresholds() {
        func cell(_ instructions: Int, _ verdict: Verdict = .pass) -> CellResult {
            Self.cell(verdict, programs: [.sample("one", verdict, instructions: instructions)])
        }
        let strict = ComparisonThresholds(growthPercent: 0, growthInstructions: 1)
        #expect(Self.compare([cell(1000)], [cell(1001)], thresholds: strict).growths.map(\.to) == [1001])
        // The number of instructions processed before a rejection means nothing.
        #expect(Self.compare([cell(1000, .fail)], [cell(5000, .fail)], thresholds: strict).growths == [])
        #expect(Self.compare([cell(1000, .fail)], [cell(5000)], thresholds: strict).growths == [])
    }

    @Test(
        arguments: [
            (800_000, 849_000, nil), (800_000, 860_000, true), (860_000, 870_000, false), (870_000, 860_000, false),
            (nil, 999_999, true), (990_000, 10, nil),
        ] as [(Int?, Int, Bool?)])
    func headroom(from: Int?, to: Int, isNew: Bool?) {
        func cells(_ instructions: Int?) -> [CellResult] {
            instructions.map { [Self.cell(.pass, programs: [.sample("one", .pass, instructions: $0)])] } ?? []
        }
        let comparison = Self.compare(cells(from), cells(to))
        #expect(comparison.lowHeadroom.map(\.isNew) == (isNew.map { [$0] } ?? []))
    }

    /// The same label, another kernel: told with every change of its cells, and on its own.
    @Test func anotherKernelBehindTheSameID() {
        func document(_ release: String?, _ verdict: Verdict) -> MatrixDocument {
            .sample(
                kernels: [.sample("debian-6.1", release: release), .sample("ubuntu-5.4", release: "5.4.0")],
                cells: [.sample("debian-6.1", "a", verdict), .sample("ubuntu-5.4", "a", .pass)])
        }
        let comparison = RunComparison(from: document("6.1.0-55", .pass), to: document("6.1.0-56", .fail))
        #expect(comparison.kernels.map(\.id) == ["debian-6.1"])
        let change = comparison.regressions.first
        #expect(change?.setting.kernelRelease?.from == "6.1.0-55" && change?.setting.kernelRelease?.to == "6.1.0-56")
        // A release that one run does not know is no other release.
        #expect(RunComparison(from: document(nil, .pass), to: document("6.1.0-56", .pass)).isEmpty)
    }

    @Test func kernelsAndLoadersThatChange() {
        func loader(_ name: String, _ version: String?) -> LoaderRow {
            LoaderRow(
                name: name, library: version.map { _ in name }, version: version,
                status: version == nil ? .missing : .available, reason: version == nil ? "no cargo" : nil)
        }
        let comparison = RunComparison(
            from: .sample(
                kernels: [.sample("debian-6.12"), .sample("debian-6.1"), .sample("el7-3.10", status: .notMeasured)],
                loaders: [loader("aya", "0.13"), loader("cilium", "0.18"), loader("libbpf", "1.4")], cells: []),
            to: .sample(
                kernels: [.sample("debian-6.12", status: .notMeasured), .sample("el7-3.10"), .sample("odd")],
                loaders: [loader("aya", nil), loader("cilium", "0.19"), loader("libbpf", "1.4")], cells: []))
        #expect(comparison.kernels.map(\.id) == ["el7-3.10", "debian-6.1", "debian-6.12", "odd"])
        #expect(comparison.kernels.map(\.from) == [.notMeasured, .measured, .measured, nil])
        #expect(comparison.kernels.map(\.to) == [.measured, nil, .notMeasured, .measured])
        #expect(comparison.kernels.map(\.reason) == [nil, nil, "no image", nil])
        #expect(comparison.loaders.map(\.name) == ["aya", "cilium"])
        #expect(comparison.loaders[0].to == .missing && comparison.loaders[0].reason == "no cargo")
        #expect(comparison.loaders[1].version?.to == "0.19")
    }

    @Test func changesComeByRowAndThenByVersion() {
        let places = [("debian-6.12", "a"), ("debian-6.1", "a"), ("ubuntu-5.4", "b"), ("el8-4.18", "b")]
        let comparison = Self.compare(
            places.map { .sample($0, $1, .pass) }, places.map { .sample($0, $1, .fail) })
        #expect(comparison.changes.map(\.kernel) == ["debian-6.1", "debian-6.12", "el8-4.18", "ubuntu-5.4"])
    }
}
