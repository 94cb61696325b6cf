import Machine
import MatrixModel
import SystemPackage
import Testing

@testable import MatrixRunner

/// Workers that follow a schedule in a time of their own, in which nothing takes longer on a busy host.
struct Simulation {
    /// What a guest did, in order: `+name` for a module, else the cell's name.
    struct GuestLog: Equatable {
        var kernel: Int
        var round: Round
        var startedAt: Double
        var endedAt = Double.infinity
        var work: [String] = []
    }

    enum Ending {
        case final
        /// The cell is measured again; the guest continues.
        case again(Round)
        case bringsTheGuestDown
    }

    var workers: Int
    var start = StartPolicy.auto
    /// How long each cell takes, by name; half a second where nothing is said.
    var seconds: [String: Double] = [:]
    /// What is known of that before.
    var expected: [String: Double] = [:]
    /// How a cell ends, by name and round.
    var ending: (String, Round) -> Ending = { _, _ in .final }
    /// Whether the guest with this number comes up.
    var comesUp: (Schedule.Guest) -> Bool = { _ in true }
    var isWorthASecondTry = true
    /// Whether the guest takes the module of this name.
    var takes: (String, Schedule.Guest) -> Bool = { _, _ in true }

    static let bootSeconds = 5.0
    static let restoreSeconds = 0.3
    static let cellSeconds = 0.5

    private(set) var guests: [GuestLog] = []
    /// Cells with a final result, in the order of their ends.
    private(set) var measured: [String] = []
    private(set) var lost: [String] = []
    /// When the last guest was over.
    private(set) var end = 0.0

    init(workers: Int) { self.workers = workers }

    /// What a guest that booted leaves for others.
    private struct Snapshot: Hashable {
        var kernel: Int
        var round: Round

        init(_ guest: Schedule.Guest) {
            kernel = guest.batch
            round = guest.round
        }
    }

    private var snapshots: Set<Snapshot> = []

    private enum State {
        case starting, inserting([GuestModule]), running
    }

    private struct Running {
        var guest: Schedule.Guest
        var log: Int
        var state = State.starting
        var until: Double
        var underway: [PlannedCell] = []

        var isStarting: Bool { if case .starting = state { true } else { false } }
    }

    /// Runs `kernels`, each a list of cells by name with the modules they want.
    mutating func run(_ kernels: [[(name: String, modules: [String])]]) throws {
        let batches = try kernels.enumerated().map { number, cells in try Self.batch(number, cells) }
        let keys = batches.flatMap(\.cells).map(\.key)
        var known: [CellKey: Double] = [:]
        for key in keys { known[key] = expected[key.probe] }
        var schedule = Schedule(batches, start: start, expectedSeconds: known)
        var running: [Running] = []
        var time = 0.0
        while true {
            while running.count < workers, case .start(let guest) = schedule.nextWork() {
                let isCold = guest.round.startPolicy(start) == .cold
                let boots = isCold || !snapshots.contains(Snapshot(guest))
                if boots, !isCold {
                    let isBooting = running.contains { $0.isStarting && Snapshot($0.guest) == Snapshot(guest) }
                    #expect(!isBooting, "kernel \(guest.batch) is booted twice at once")
                }
                guests.append(GuestLog(kernel: guest.batch, round: guest.round, startedAt: time))
                running.append(
                    Running(
                        guest: guest, log: guests.count - 1,
                        until: time + (boots ? Self.bootSeconds : Self.restoreSeconds)))
            }
            guard let place = running.indices.min(by: { running[$0].until < running[$1].until }) else { break }
            time = running[place].until
            let isOver = advance(&running[place], &schedule, at: time)
            if isOver { guests[running.remove(at: place).log].endedAt = time }
        }
        #expect(schedule.nextWork() == .finished)
        end = time
    }

    /// Continues after what the guest did until `time`; returns whether it is finished.
    private mutating func advance(_ running: inout Running, _ schedule: inout Schedule, at time: Double) -> Bool {
        let guest = running.guest
        switch running.state {
        case .starting:
            guard comesUp(guest) else {
                lost += schedule.didNotStart(guest, isWorthASecondTry: isWorthASecondTry).map(\.key.probe)
                return true
            }
            schedule.isUp(guest, start: .warm)
            if guest.round.startPolicy(start) != .cold { snapshots.insert(Snapshot(guest)) }
        case .inserting(let modules):
            if !modules.allSatisfy({ takes($0.name, guest) }) {
                lost += schedule.insertionFailed(in: guest, isWorthASecondTry: isWorthASecondTry).map(\.key.probe)
            }
        case .running:
            let name = running.underway.removeFirst().key.probe
            guests[running.log].work.append(name)
            let ending = ending(name, guest.round)
            switch ending {
            case .final:
                measured.append(name)
                schedule.cellEnded(in: guest, next: nil)
            case .again(let round): schedule.cellEnded(in: guest, next: round)
            case .bringsTheGuestDown:
                let isFinal = guest.round == .secondChance
                if isFinal { measured.append(name) }
                schedule.cellEnded(in: guest, next: isFinal ? nil : .secondChance)
                schedule.isOver(guest)
                return true
            }
        }
        running.state = .running
        while let step = schedule.nextStep(of: guest) {
            switch step {
            case .run(let cell): running.underway.append(cell)
            case .insert(let modules):
                guests[running.log].work += modules.map { "+\($0.name)" }
                running.state = .inserting(modules)
                running.until = time
                return false
            }
        }
        guard let next = running.underway.first else {
            schedule.isOver(guest)
            return true
        }
        running.until = time + (seconds[next.key.probe] ?? Self.cellSeconds)
        return false
    }

    static func batch(_ number: Int, _ cells: [(name: String, modules: [String])]) throws -> KernelBatch {
        let id = "fake-6.\(number)"
        let spec = GuestSpec(
            kernelID: id, kernel: "/nowhere", kernelDigest: "k", initramfs: "/nowhere", initramfsDigest: "i")
        let planned = cells.map { name, modules in
            PlannedCell(
                key: CellKey(kernel: id, probe: name, variant: "object", loader: "libbpf"), object: "/nowhere",
                objectDigest: name, programs: ["program"],
                modules: modules.map { GuestModule(name: $0, file: "/nowhere", digest: $0) }, expectations: [])
        }
        return KernelBatch(kernel: try #require(KernelID(id)), spec: spec, cells: planned)
    }
}
