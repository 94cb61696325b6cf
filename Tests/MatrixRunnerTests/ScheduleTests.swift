import Machine
import MatrixModel
import SystemPackage
import Testing

@testable import MatrixRunner

private typealias Cells = [(name: String, modules: [String])]

@Suite struct ScheduleTests {
    /// `count` cells without modules: `a0`, `a1` and so on.
    private static func cells(_ prefix: String, _ count: Int) -> Cells { (0..<count).map { ("\(prefix)\($0)", []) } }

    // MARK: Order

    @Test func expensiveCellsStartFirst() throws {
        var simulation = Simulation(workers: 1)
        // Between cells that cost the same, the plan decides; one without a time counts 0.2 s.
        simulation.expected = ["cheap": 0.1, "dear": 5, "also dear": 5]
        try simulation.run([[("cheap", []), ("unknown", []), ("dear", []), ("also dear", [])]])
        #expect(simulation.measured == ["dear", "also dear", "unknown", "cheap"])
    }

    @Test func theKernelWithTheMostWorkStartsFirst() throws {
        var simulation = Simulation(workers: 1)
        try simulation.run([Self.cells("a", 2), Self.cells("b", 9), Self.cells("c", 4)])
        #expect(simulation.guests.map(\.kernel) == [1, 2, 0])
    }

    /// The guest has its next cell before it is done with one, and no more than four.
    @Test(arguments: [(0.05, 4), (0.2, 3), (1.0, 2)])
    func aGuestIsSentLittleAhead(seconds: Double, ahead: Int) throws {
        let spec = GuestSpec(
            kernelID: "fake-6.1", kernel: "/", kernelDigest: "", initramfs: "/", initramfsDigest: "")
        let cells = (0..<9).map { number in
            PlannedCell(
                key: .init(kernel: "fake-6.1", probe: "\(number)", variant: "v", loader: "libbpf"), object: "/",
                objectDigest: "", programs: [], expectations: [])
        }
        let expected = Dictionary(uniqueKeysWithValues: cells.map { ($0.key, seconds) })
        let batch = KernelBatch(kernel: try #require(.init("fake-6.1")), spec: spec, cells: cells)
        var schedule = Schedule([batch], start: .auto, expectedSeconds: expected)
        guard case .start(let guest) = schedule.nextWork() else {
            Issue.record("no guest")
            return
        }
        var sent = 0
        while schedule.nextStep(of: guest) != nil { sent += 1 }
        #expect(sent == ahead)
        schedule.cellEnded(in: guest, next: nil)
        #expect(schedule.nextStep(of: guest) != nil)
    }

    // MARK: Idle guests

    /// One guest may work: another one starts only while it is idle.
    @Test func idleGuestIsReplaced() throws {
        let batches = try (0..<3).map { try Simulation.batch($0, Self.cells("k\($0)-", 2)) }
        var schedule = Schedule(batches, start: .auto, workingLimit: 1)
        guard case .start(let first) = schedule.nextWork() else {
            Issue.record("no guest")
            return
        }
        #expect(schedule.nextWork() == .wait)
        schedule.setIdle(first, true)
        guard case .start(let second) = schedule.nextWork() else {
            Issue.record("no second guest")
            return
        }
        #expect(schedule.nextWork() == .wait)
        // Both work now, and a third must wait for both.
        schedule.setIdle(first, false)
        while schedule.nextStep(of: second) != nil {}
        schedule.isOver(second)
        #expect(schedule.nextWork() == .wait)
        schedule.setIdle(first, true)
        guard case .start = schedule.nextWork() else {
            Issue.record("no third guest")
            return
        }
    }

    // MARK: Several guests for a kernel

    @Test(arguments: [
        // Workers, kernels with so many cells of 0.5 s, guests, the most seconds it may take.
        (1, [40], 1, 25.5), (2, [40], 2, 15.5), (4, [40], 4, 10.9),
        // A boot, and what is left is not worth a further guest.
        (4, [3], 1, 6.5),
        (3, [4, 4], 2, 7.0),
        // One huge kernel: who is done with the small ones helps.
        (3, [100, 4, 4], 5, 27.5),
        (2, [100, 4, 4], 4, 36),
    ])
    func idleWorkersShareAKernel(workers: Int, kernels: [Int], guests: Int, most: Double) throws {
        var simulation = Simulation(workers: workers)
        let plan = kernels.enumerated().map { Self.cells("k\($0)-", $1) }
        for (name, _) in plan.joined() { simulation.expected[name] = Simulation.cellSeconds }
        try simulation.run(plan)
        #expect(simulation.guests.count == guests)
        #expect(simulation.end <= most)
        #expect(simulation.measured.sorted() == plan.joined().map(\.name).sorted())
    }

    /// Guests that boot each time must have more to do.
    @Test(arguments: [(20, 1), (60, 2)])
    func bootIsWeighedAgainstWaiting(cells: Int, guests: Int) throws {
        var simulation = Simulation(workers: 2)
        simulation.start = .cold
        let plan = Self.cells("a", cells)
        for (name, _) in plan { simulation.expected[name] = Simulation.cellSeconds }
        try simulation.run([plan])
        #expect(simulation.guests.count == guests)
    }

    @Test func missingHelperGuestCostsNoCell() throws {
        var simulation = Simulation(workers: 2)
        simulation.comesUp = { $0.number == 0 }
        try simulation.run([Self.cells("a", 40)])
        #expect(simulation.measured.count == 40)
        #expect(simulation.lost.isEmpty)
        // No worker tries to help again.
        #expect(simulation.guests.map(\.work.count) == [40, 0])
    }

    // MARK: Guests that fail

    @Test(arguments: [(true, 2), (false, 1)])
    func aKernelThatDoesNotStartLosesItsOwnCells(isWorthASecondTry: Bool, tries: Int) throws {
        var simulation = Simulation(workers: 2)
        simulation.comesUp = { $0.batch == 1 }
        simulation.isWorthASecondTry = isWorthASecondTry
        try simulation.run([Self.cells("a", 3), Self.cells("b", 3)])
        #expect(simulation.lost.sorted() == ["a0", "a1", "a2"])
        #expect(simulation.measured.sorted() == ["b0", "b1", "b2"])
        #expect(simulation.guests.filter { $0.kernel == 0 }.count == tries)
    }

    @Test func remainingCellsRunInAnotherGuest() throws {
        var simulation = Simulation(workers: 1)
        simulation.ending = { name, _ in name == "a1" ? .bringsTheGuestDown : .final }
        try simulation.run([Self.cells("a", 5)])
        #expect(
            simulation.guests.filter { $0.round == .first }.map(\.work) == [["a0", "a1"], ["a2", "a3", "a4"]])
        #expect(simulation.guests.filter { $0.round == .secondChance }.map(\.work) == [["a1"]])
        #expect(simulation.measured.sorted() == ["a0", "a1", "a2", "a3", "a4"])
    }

    // MARK: Second rounds

    /// They end with the others, and not a boot later: guests that share the kernel make room in time.
    @Test func secondRoundsDoNotHoldUpTheEnd() throws {
        var simulation = Simulation(workers: 3)
        simulation.ending = { name, round in
            switch (name, round) {
            case ("a0", .first): .again(.secondChance)
            case ("a1", .first): .again(.large)
            default: .final
            }
        }
        let plan = Self.cells("a", 60)
        for (name, _) in plan { simulation.expected[name] = Simulation.cellSeconds }
        try simulation.run([plan])
        let lastOf = { (round: Round) in
            simulation.guests.filter { $0.round == round }.map(\.endedAt).max() ?? .infinity
        }
        #expect(lastOf(.secondChance) < lastOf(.first) + 1)
        #expect(lastOf(.large) < lastOf(.first) + 1)
        #expect(simulation.measured.count == 60)
    }

    @Test func cellsThatWantMemoryShareALargeGuest() throws {
        var simulation = Simulation(workers: 1)
        simulation.ending = { name, round in round == .first && name != "a2" ? .again(.large) : .final }
        try simulation.run([Self.cells("a", 4)])
        #expect(simulation.guests.map(\.work) == [["a0", "a1", "a2", "a3"], ["a0", "a1", "a3"]])
    }

    @Test func eachSecondChanceHasAGuestOfItsOwn() throws {
        var simulation = Simulation(workers: 1)
        simulation.ending = { _, round in round == .first ? .again(.secondChance) : .final }
        try simulation.run([Self.cells("a", 3)])
        #expect(simulation.guests.map(\.work) == [["a0", "a1", "a2"], ["a0"], ["a1"], ["a2"]])
    }

    // MARK: Modules

    @Test(
        arguments: [
            // Without modules first, then with more and more.
            (
                [("net", ["veth"]), ("plain", []), ("both", ["dummy", "veth"]), ("net2", ["veth"])],
                [["plain", "+veth", "net", "net2", "+dummy", "both"]]
            ),
            // A guest that has one module is no guest for cells that want another only.
            ([("plain", []), ("x", ["a"]), ("y", ["b"])], [["plain", "+a", "x"], ["+b", "y"]]),
            // What leaves more for later goes first: with [a, b] inserted, [b] would need another guest.
            ([("xy", ["a", "b"]), ("y", ["b"])], [["+b", "y", "+a", "xy"]]),
            // The same modules in another order are there already.
            ([("xy", ["a", "b"]), ("yx", ["b", "a"])], [["+a", "+b", "xy", "yx"]]),
        ] as [([(String, [String])], [[String]])])
    func oneGuestContinuesWithMoreModules(cells: [(String, [String])], work: [[String]]) throws {
        var simulation = Simulation(workers: 1)
        try simulation.run([cells.map { (name: $0.0, modules: $0.1) }])
        #expect(simulation.guests.map(\.work) == work)
    }

    /// Two guests of a kernel select different modules if there are several lists.
    @Test func guestsDivideModulesBetweenThem() throws {
        var simulation = Simulation(workers: 2)
        let plain = Self.cells("p", 20)
        let cells = plain + (0..<6).map { ("x\($0)", ["a"]) } + (0..<6).map { ("y\($0)", ["b"]) }
        try simulation.run([cells])
        #expect(simulation.guests.count == 2)
        #expect(simulation.guests.map { $0.work.filter { $0.hasPrefix("+") } } == [["+a"], ["+b"]])
    }

    @Test(arguments: [(true, 2), (false, 1)])
    func rejectedModuleOnlyAffectsItsCells(isWorthASecondTry: Bool, tries: Int) throws {
        var simulation = Simulation(workers: 1)
        simulation.takes = { module, _ in module != "bad" }
        simulation.isWorthASecondTry = isWorthASecondTry
        try simulation.run([[("plain", []), ("x", ["bad"]), ("x2", ["bad"]), ("y", ["good"])]])
        #expect(simulation.lost == ["x", "x2"])
        #expect(simulation.measured.sorted() == ["plain", "y"])
        #expect(simulation.guests.filter { $0.work.contains("+bad") }.count == tries)
    }

    // MARK: Whatever happens

    /// Every cell gets exactly one final result, with any number of workers and any order of the plan.
    @Test(arguments: 1...40) func everyCellIsMeasuredOnce(seed: UInt64) throws {
        var random = SplitMix(state: seed)
        let lists: [[String]] = [[], [], [], ["a"], ["b"], ["a", "b"]]
        var kernels: [Cells] = []
        for kernel in 0..<Int.random(in: 1...4, using: &random) {
            var cells: Cells = []
            for number in 0..<Int.random(in: 0...30, using: &random) {
                cells.append(("k\(kernel)-\(number)", lists.randomElement(using: &random) ?? []))
            }
            kernels.append(cells.shuffled(using: &random))
        }
        let names = kernels.joined().map(\.name)
        var simulation = Simulation(workers: Int.random(in: 1...6, using: &random))
        let down = Set(names.filter { _ in Int.random(in: 0..<20, using: &random) == 0 })
        let hungry = Set(names.filter { _ in Int.random(in: 0..<10, using: &random) == 0 })
        for name in names { simulation.seconds[name] = Double.random(in: 0.01...3, using: &random) }
        for name in names where Bool.random(using: &random) {
            simulation.expected[name] = simulation.seconds[name]
        }
        simulation.ending = { name, round in
            if down.contains(name) { return .bringsTheGuestDown }
            return round == .first && hungry.contains(name) ? .again(.large) : .final
        }
        simulation.comesUp = { $0.number % 7 != 6 }
        try simulation.run(kernels)
        #expect(simulation.lost.isEmpty)
        #expect(simulation.measured.sorted() == names.sorted())
    }
}

/// The same numbers for the same seed.
private struct SplitMix: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9e37_79b9_7f4a_7c15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xbf58_476d_1ce4_e5b9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94d0_49bb_1331_11eb
        return mixed ^ (mixed >> 31)
    }
}
