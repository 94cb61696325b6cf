import Foundation
import GuestLink
import Machine
import MatrixModel
import SystemPackage
import Testing

@testable import MatrixRunner

/// Objects whose content is their own name, which is what a fake guest looks at.
struct Objects: ~Copyable {
    let folder = FilePath(NSTemporaryDirectory()).appending("matrix-runner-\(UUID().uuidString)")

    init(_ names: [String]) throws {
        try FileManager.default.createDirectory(atPath: folder.string, withIntermediateDirectories: true)
        for name in names { try Data(name.utf8).write(to: URL(filePath: folder.appending(name).string)) }
    }

    deinit { try? FileManager.default.removeItem(atPath: folder.string) }

    /// `modules` by the name of the cell that wants them.
    func batch(
        kernel: String = "fake-6.1", _ names: [String], modules: [String: [String]] = [:]
    ) throws -> KernelBatch {
        let cells = names.map { name in
            PlannedCell(
                key: CellKey(kernel: kernel, probe: name, variant: "object", loader: "libbpf"),
                object: folder.appending(name), objectDigest: name, programs: ["program"],
                modules: (modules[name] ?? []).map {
                    GuestModule(name: $0, file: folder.appending($0), digest: "digest of \($0)")
                }, expectations: [])
        }
        let spec = GuestSpec(
            kernelID: kernel, kernel: "/nowhere", kernelDigest: "k", initramfs: "/nowhere", initramfsDigest: "i")
        return KernelBatch(kernel: try #require(KernelID(kernel)), spec: spec, cells: cells)
    }
}

/// Keeps the evidence by probe; a cell that is reported twice is an issue.
actor Listener: RunObserver {
    private(set) var evidence: [String: Evidence] = [:]

    func note(_ event: RunEvent) {
        guard case .cell(let cell, _, let seen) = event else { return }
        if evidence.updateValue(seen, forKey: cell.key.probe) != nil {
            Issue.record("\(cell.key.probe) was told twice")
        }
    }
}

/// Keeps the order of the reports about cells.
private actor Diary: RunObserver {
    private(set) var entries: [String] = []

    func note(_ event: RunEvent) {
        switch event {
        case .guestUp: entries.append("up")
        case .cellBegan(let cell): entries.append("\(cell.key.probe) began")
        case .cellWillRepeat(let cell): entries.append("\(cell.key.probe) will repeat")
        case .cell(let cell, _, _): entries.append("\(cell.key.probe) is over")
        }
    }
}

/// Refuses the first cell, as a full disk would.
private actor FullDisk: RunObserver {
    func note(_ event: RunEvent) throws {
        if case .cell = event { throw Errno.noSpace }
    }
}

/// Runs batches and returns the evidence by probe.
func collect(
    _ batches: [KernelBatch], backend: FakeBackend, jobs: Int = 1, cellLimit: Duration = .seconds(60)
) async throws -> [String: Evidence] {
    let listener = Listener()
    try await MatrixRunner(
        backend: backend, start: .auto, limits: GuestLimits(jobs), cellLimit: cellLimit
    )
    .run(batches, observer: listener)
    return await listener.evidence
}

@Suite struct MatrixRunnerTests {
    @Test func measuresEveryCellInOneGuest() async throws {
        let objects = try Objects(["a", "b", "c"])
        let backend = FakeBackend(scripts: ["b": [.fail(errno: 13)]])
        let evidence = try await collect([objects.batch(["a", "b", "c"])], backend: backend)
        let attempt = FakeBackend.Attempt(
            policy: .auto, memoryMiB: GuestSpec.defaultMemoryMiB, work: ["a", "b", "c"],
            limits: [Duration](repeating: .seconds(60), count: 3))
        #expect(backend.attempts == [attempt])
        #expect(evidence.mapValues { $0.programs.first?.report.errno } == ["a": 0, "b": 13, "c": 0])
        #expect(evidence["b"]?.programs.first?.verifierLog == Array("R1 type=inv expected=ctx\n".utf8))
    }

    @Test func notesWhenACellBeganAndHowLongItTook() async throws {
        let objects = try Objects(["a", "b"])
        let before = ContinuousClock.now
        let evidence = try await collect([objects.batch(["a", "b"])], backend: FakeBackend())
        let took = ContinuousClock.now - before
        let queues = try ["a", "b"].map { try #require(evidence[$0]?.timing.queue) }
        #expect(.zero <= queues[0] && queues[0] <= queues[1] && queues[1] <= took)
        #expect(evidence["a"]?.timing.microseconds == 2500)
    }

    @Test func reportsRunningAndRepeatedCells() async throws {
        let objects = try Objects(["a", "bad"])
        let backend = FakeBackend(scripts: ["bad": [.die(console: "BUG: x"), .pass]])
        let diary = Diary()
        try await MatrixRunner(
            backend: backend, start: .auto, limits: GuestLimits(1), cellLimit: .seconds(60)
        )
        .run([objects.batch(["a", "bad"])], observer: diary)
        #expect(
            await diary.entries == [
                "up", "a began", "a is over", "bad began", "bad will repeat", "up", "bad began", "bad is over",
            ])
    }

    @Test func aCellWithoutAGuestHasNoTime() async throws {
        let objects = try Objects(["a"])
        let evidence = try await collect([objects.batch(["a"])], backend: FakeBackend(starts: [.unusable]))
        #expect(evidence["a"]?.timing == Evidence.Timing())
    }

    /// The cell that brings its guest down does so twice before it counts, and costs no other cell its verdict.
    @Test func crashIsConfirmedAndOthersContinue() async throws {
        let objects = try Objects(["a", "bad", "c", "d"])
        let backend = FakeBackend(scripts: ["bad": [.die(console: "Kernel panic - not syncing: first\n")]])
        let evidence = try await collect([objects.batch(["a", "bad", "c", "d"])], backend: backend)
        #expect(evidence.count == 4)
        #expect(evidence["c"]?.programs.count == 1)
        #expect(evidence["bad"]?.endedTheGuest == true)
        // One guest that dies, one freshly booted for the second chance, one for the rest.
        #expect(backend.attempts.map(\.policy) == [.auto, .cold, .auto])
    }

    /// QEMU and a busy host can ruin a guest; that is no verdict about a probe.
    @Test func unconfirmedCrashIsDropped() async throws {
        let objects = try Objects(["flaky"])
        let backend = FakeBackend(scripts: ["flaky": [.die(console: "BUG: x"), .pass]])
        let evidence = try await collect([objects.batch(["flaky"])], backend: backend)
        #expect(evidence["flaky"]?.ending == .finished(.exited(0)))
    }

    @Test func hangingCellTimesOutAndOthersContinue() async throws {
        let objects = try Objects(["slow", "b"])
        let backend = FakeBackend(scripts: ["slow": [.hang()]])
        let evidence = try await collect(
            [objects.batch(["slow", "b"])], backend: backend, cellLimit: .milliseconds(30))
        #expect(evidence["slow"]?.ending == .overdue(limit: .milliseconds(30), console: []))
        #expect(evidence["b"]?.programs.count == 1)
    }

    /// A loader of the user's could write the results of cells after its own.
    @Test func aUsersProgramNeverSharesAGuest() async throws {
        let objects = try Objects(["a", "b", "c", "d", "e"])
        var batch = try objects.batch(["a", "b", "c", "d", "e"])
        for (index, loader) in [(1, "own"), (2, "other"), (3, "own")] {
            batch.cells[index].key.loader = loader
            batch.cells[index].loader = batch.cells[index].object
        }
        let backend = FakeBackend()
        let evidence = try await collect([batch], backend: backend)
        #expect(evidence.count == 5)
        #expect(Set(backend.attempts.map { Set($0.work) }) == [["a", "e"], ["b", "d"], ["c"]])
    }

    @Test func otherKernelArgumentsAreOtherGuests() async throws {
        let objects = try Objects(["a", "b", "c"])
        var batch = try objects.batch(["a", "b", "c"])
        batch.spec.extraArguments = "quiet"
        batch.cells[1].kernelArguments = "lsm=bpf"
        #expect(batch.parts.map(\.spec.extraArguments) == ["quiet", "quiet lsm=bpf"])
        #expect(batch.parts.map { $0.cells.count } == [2, 1])
    }

    /// However often that happens, it says nothing about the probe.
    @Test(arguments: [
        (CellScript.vmmEnds(reason: "QEMU ended with signal 9"), "QEMU ended with signal 9"),
        (.vmmStops("QEMU is stopped or hangs"), "QEMU is stopped or hangs"),
        (.starve(seconds: 0.025), "the host was too busy"),
    ])
    func aBrokenMachineIsNotAVerdict(script: CellScript, reason: String) async throws {
        let objects = try Objects(["a", "unlucky", "c"])
        let backend = FakeBackend(scripts: ["unlucky": [script]])
        let evidence = try await collect(
            [objects.batch(["a", "unlucky", "c"])], backend: backend, cellLimit: .milliseconds(30))
        switch evidence["unlucky"]?.ending {
        case .vmmFailed(let why, _), .starved(let why): #expect(why.contains(reason))
        default: Issue.record("\(evidence)")
        }
        #expect(evidence["a"]?.ending == .finished(.exited(0)))
        #expect(evidence["c"]?.ending == .finished(.exited(0)))
        // The cell was tried again, alone, before that was said.
        #expect(backend.attempts.contains { $0.policy == .cold && $0.work == ["unlucky"] })
        let lucky = FakeBackend(scripts: ["unlucky": [script, .pass]])
        let second = try await collect([objects.batch(["unlucky"])], backend: lucky, cellLimit: .milliseconds(30))
        #expect(second["unlucky"]?.ending == .finished(.exited(0)))
    }

    /// On a host that serves every second process, a cell has twice its limit before its lateness is a verdict.
    @Test func aSecondChanceAllowsForABusyHost() async throws {
        let objects = try Objects(["slow"])
        let busy = ProcessorTime(running: 2, waiting: 2, longestWait: 2)
        let backend = FakeBackend(scripts: ["slow": [.starve(seconds: 0.03)]], timeToBoot: busy)
        let evidence = try await collect([objects.batch(["slow"])], backend: backend, cellLimit: .milliseconds(30))
        #expect(backend.attempts.map(\.limits) == [[.milliseconds(30)], [.milliseconds(60)]])
        #expect(evidence["slow"]?.ending == .stopped(limit: .milliseconds(30)))
        let starved = FakeBackend(scripts: ["slow": [.starve(seconds: 0.05)]], timeToBoot: busy)
        let second = try await collect([objects.batch(["slow"])], backend: starved, cellLimit: .milliseconds(30))
        guard case .starved = second["slow"]?.ending else {
            Issue.record("\(second)")
            return
        }
    }

    /// Waiting for a processor now and then is usual.
    @Test func aGuestThatRanIsLate() async throws {
        let objects = try Objects(["slow"])
        let backend = FakeBackend(scripts: ["slow": [.starve(seconds: 0.01)]])
        let evidence = try await collect([objects.batch(["slow"])], backend: backend, cellLimit: .milliseconds(30))
        #expect(evidence["slow"]?.ending == .stopped(limit: .milliseconds(30)))
    }

    /// ENOMEM of a map, or the guest's kernel killed the loader.
    @Test(arguments: [CellScript.fail(errno: 12), .loaderDies(signal: 9)])
    func wantOfMemoryIsTriedAgainInALargeGuest(first: CellScript) async throws {
        let objects = try Objects(["big", "b"])
        let backend = FakeBackend(scripts: ["big": [first, .pass]])
        let evidence = try await collect([objects.batch(["big", "b"])], backend: backend)
        #expect(evidence["big"]?.programs.first?.report.errno == 0)
        #expect(backend.attempts.map(\.memoryMiB) == [GuestSpec.defaultMemoryMiB, GuestSpec.largeMemoryMiB])
    }

    @Test func guestThatNeverComesUpIsRetriedOnce() async throws {
        let objects = try Objects(["a", "b"])
        let twice = FakeBackend(starts: [.neverReady, .up])
        #expect(try await collect([objects.batch(["a", "b"])], backend: twice)["b"]?.programs.count == 1)
        let never = FakeBackend(starts: [.neverReady, .neverReady, .up])
        let evidence = try await collect([objects.batch(["a", "b"])], backend: never)
        #expect(never.attempts.count == 2)
        guard case .noGuest(let reason, let console) = evidence["a"]?.ending else {
            Issue.record("\(evidence)")
            return
        }
        #expect(reason.contains("was not ready"))
        #expect(console == Array("still booting".utf8))
    }

    @Test func missingMachineIsNotProbedTwice() async throws {
        let objects = try Objects(["a"])
        let backend = FakeBackend(starts: [.unusable])
        let evidence = try await collect([objects.batch(["a"])], backend: backend)
        #expect(backend.attempts.count == 1)
        #expect(evidence["a"]?.programs.isEmpty == true)
    }

    @Test func protocolErrorIsNotMeasured() async throws {
        let objects = try Objects(["a", "evil", "c"])
        let backend = FakeBackend(scripts: ["evil": [.breakProtocol]])
        let evidence = try await collect([objects.batch(["a", "evil", "c"])], backend: backend)
        guard case .corrupt(let reason, _) = evidence["evil"]?.ending else {
            Issue.record("\(evidence)")
            return
        }
        #expect(reason.contains("corrupt"))
        #expect(evidence["a"]?.ending == .finished(.exited(0)))
        #expect(evidence["c"]?.ending == .finished(.exited(0)))
    }

    @Test func observerErrorEndsTheRun() async throws {
        let objects = try Objects(["a", "b"])
        let batch = try objects.batch(["a", "b"])
        let runner = MatrixRunner(
            backend: FakeBackend(), start: .auto, limits: GuestLimits(2), cellLimit: .seconds(5))
        await #expect(throws: Errno.noSpace) { try await runner.run([batch], observer: FullDisk()) }
    }

    @Test func runsNoMoreConcurrentGuestsThanRequested() async throws {
        let objects = try Objects((0..<8).map { "p\($0)" })
        let backend = FakeBackend()
        let batches = try (0..<8).map { try objects.batch(kernel: "fake-6.\($0)", ["p\($0)"]) }
        #expect(try await collect(batches, backend: backend, jobs: 3).count == 8)
        #expect(backend.mostAtOnce <= 3)
    }

    /// The first cell ends when a second guest has one.
    @Test func idleWorkersShareTheCellsOfAKernel() async throws {
        let names = (0..<40).map { "p\($0)" }
        let objects = try Objects(names)
        let backend = FakeBackend(scripts: ["p0": [.passWhenGuestsWork(2)]])
        let evidence = try await collect([objects.batch(names)], backend: backend, jobs: 2)
        #expect(evidence.count == 40)
        #expect(backend.attempts.count == 2)
        #expect(backend.attempts.allSatisfy { !$0.work.isEmpty })
        #expect(backend.attempts.flatMap(\.work).sorted() == names.sorted())
    }

    /// The same results with any number of guests and in any order.
    @Test(arguments: [1, 2, 5]) func resultsDoNotDependOnTheOrder(jobs: Int) async throws {
        let names = (0..<30).map { "p\($0)" }
        let objects = try Objects(names)
        for _ in 0..<3 {
            let backend = FakeBackend(scripts: [
                "p3": [.fail(errno: 13)], "p7": [.die(console: "BUG: x")], "p9": [.fail(errno: 12), .pass],
                "p11": [.die(console: "BUG: y"), .pass], "p12": [.breakProtocol],
            ])
            let evidence = try await collect([objects.batch(names.shuffled())], backend: backend, jobs: jobs)
            #expect(evidence.count == 30)
            #expect(evidence.filter { $0.value.endedTheGuest }.keys.sorted() == ["p12", "p7"])
            #expect(evidence["p3"]?.programs.first?.report.errno == 13)
            #expect(evidence["p9"]?.programs.first?.report.errno == 0)
        }
    }

    @Test func cancellationEndsWorkersThatWait() async throws {
        let objects = try Objects(["slow"])
        let backend = FakeBackend(scripts: ["slow": [.hang()]])
        let batch = try objects.batch(["slow"])
        let task = Task { try await collect([batch], backend: backend, jobs: 4) }
        while backend.attempts.first?.work.isEmpty ?? true { await Task.yield() }
        task.cancel()
        await #expect(throws: CancellationError.self) { try await task.value }
    }

    @Test func cancellationEndsTheRun() async throws {
        let objects = try Objects(["slow"])
        let backend = FakeBackend(scripts: ["slow": [.hang()]])
        let batch = try objects.batch(["slow"])
        let task = Task { try await collect([batch], backend: backend) }
        try await Task.sleep(for: .milliseconds(50))
        task.cancel()
        await #expect(throws: CancellationError.self) { try await task.value }
    }
}
