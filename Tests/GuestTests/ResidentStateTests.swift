import GuestLink
import Machine
import Testing

extension GuestTests {
    /// A resident loader serves one cell after another, and nothing that a cell does reaches the next.
    ///
    /// The loaders are those of `images/guest/tests`: `forking` makes a process for each cell, `go` serves all of them in one.
    @Suite(.serialized, .ownProcessor, ResidentStateRun()) struct ResidentStateTests {
        @Test(arguments: ResidentStateRun.deeds, ResidentStateRun.loaders)
        func theNextCellSeesTheSameStateAsTheFirst(deed: String, loader: String) throws {
            let run = try #require(ResidentStateRun.outcome?[loader])
            let next = try #require(run.deeds[deed]).next
            #expect(next.exit == .exited(0))
            #expect(next.words == run.first.words, "\(loader) after \(deed)")
        }

        /// What is compared would show each of the deeds.
        @Test(arguments: ResidentStateRun.survivable, ResidentStateRun.loaders)
        func aCellSeesWhatItDid(deed: String, loader: String) throws {
            let run = try #require(ResidentStateRun.outcome?[loader])
            let cell = try #require(run.deeds[deed]).cell
            #expect(cell.exit == .exited(0), "\(loader) \(deed): \(cell.words)")
            #expect(cell.words != run.first.words && cell.words.contains(" descriptors\n"), "\(loader) \(deed)")
        }

        @Test(arguments: [("forking", LoaderExit.signalled(11)), ("go", .exited(2))])
        func aCrashEndsItsCellAlone(loader: String, exit: LoaderExit) throws {
            #expect(try #require(ResidentStateRun.outcome?[loader]?.deeds["crash"]).cell.exit == exit)
        }

        @Test(arguments: ResidentStateRun.loaders) func hangingCellIsKilled(loader: String) throws {
            #expect(try #require(ResidentStateRun.outcome?[loader]?.deeds["hang"]).cell.exit == .overdue)
        }
    }
}

/// Runs every deed once, for all tests of the suite.
struct ResidentStateRun: SuiteTrait, TestScoping {
    struct Outcome: Sendable {
        /// Of the guest's first cell, which does nothing but look around.
        var first: CellReport
        /// By deed; `next` looks around.
        var deeds: [String: (cell: CellReport, next: CellReport)] = [:]
    }

    /// By loader.
    @TaskLocal static var outcome: [String: Outcome]?

    static let loaders = ["forking", "go"]
    /// Those whose cell continues, and reports what it sees.
    static let survivable = [
        "leak-descriptors", "change-folder", "drop-capabilities", "change-user", "change-limits", "change-environment",
        "leave-cgroup", "enter-cgroup", "leave-pin", "leave-memory", "leave-activity", "ignore-signals",
    ]
    static let deeds = survivable + ["crash", "hang"]

    func provideScope(
        for test: Test, testCase: Test.Case?, performing function: @concurrent @Sendable () async throws -> Void
    ) async throws {
        let outcome = try await Bench.with(guest: Repository.testGuest("residents")) { bench in
            // Room for a loader that keeps memory.
            let spec = bench.spec(try Repository.kernel("debian-6.1"), memoryMiB: 512)
            return try await bench.backend().withGuest(spec, start: .cold) { guest in
                var session = CellSession(guest)
                var outcome: [String: Outcome] = [:]
                for loader in Self.loaders { outcome[loader] = try await Self.run(loader, in: &session) }
                return outcome
            }
        }
        try await Self.$outcome.withValue(outcome) { try await function() }
    }

    private static func run(_ loader: String, in session: inout CellSession) async throws -> Outcome {
        var outcome = Outcome(first: try await session.run(loader: loader, object: Array("look".utf8)))
        for deed in deeds {
            // Long enough for every cell but the one that never ends.
            let limit: Duration = deed == "hang" ? .seconds(2) : .seconds(60)
            let cell = try await session.run(loader: loader, object: Array(deed.utf8), limit: limit)
            outcome.deeds[deed] = (cell, try await session.run(loader: loader, object: Array("look".utf8)))
        }
        return outcome
    }
}
