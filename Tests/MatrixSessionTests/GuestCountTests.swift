import MatrixModel
import MatrixRunner
import Testing

@testable import MatrixSession

@Suite struct GuestCountTests {
    private static func cell(_ plan: StagePlan?) -> PlannedCell {
        PlannedCell(
            key: CellKey(kernel: "debian-6.1", probe: "p", variant: "v", loader: "libbpf"), object: nil, programs: [],
            plan: plan, expectations: [])
    }

    private static let loaded = cell(nil)
    private static let attached = cell(StagePlan(.programs([])))
    private static let fired = cell(StagePlan(.programs([]), event: .init()))

    @Test(arguments: [
        ([loaded, attached], 2, 8000, 2, 2), ([loaded, fired], 2, 8000, 3, 6), ([fired], 16, 64_000, 17, 34),
        // Memory for two, for four, and for less than one.
        ([fired], 8, 700, 2, 2), ([fired], 2, 1300, 3, 4), ([fired], 8, 100, 1, 1), ([], 4, 8000, 4, 4),
    ])
    func dependsOnTheCellsAndTheMachine(
        cells: [PlannedCell], processors: Int, availableMiB: Int, working: Int, up: Int
    ) {
        let limits = GuestCount.standard(for: cells, processors: processors, availableMiB: availableMiB)
        #expect(limits == GuestLimits(working: working, up: up))
    }

    @Test(
        arguments: [
            ("MemTotal:       24682904 kB\nMemFree:  1 kB\nMemAvailable:   23512340 kB\n", 22961),
            ("MemTotal:       24682904 kB\n", nil), ("", nil),
        ] as [(String, Int?)])
    func readsWhatIsAvailable(meminfo: String, megabytes: Int?) {
        #expect(GuestCount.availableMiB(in: meminfo) == megabytes)
    }
}
