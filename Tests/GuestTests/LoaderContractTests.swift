import GuestLink
import KernelStore
import Machine
import MatrixModel
import MatrixRunner
import SystemPackage
import TestSupport
import Testing

extension GuestTests {
    /// A third-party loader, sent with the job: each misbehavior affects only its own cell and is reported clearly,
    /// whether the loader is started per cell or resident.
    @Suite(.serialized, .ownProcessorForLong, UnrulyRun()) struct LoaderContractTests {
        private func run(_ loader: UnrulyLoader) throws -> MisbehavingRun.Outcome {
            try #require(UnrulyRun.outcomes?[loader])
        }

        private func cell(_ variant: String, of loader: UnrulyLoader) throws -> CellResult {
            try #require(try run(loader).measurement.cells[variant])
        }

        /// Which process made the one that worked on the cell.
        private func parent(of variant: String, _ loader: UnrulyLoader) throws -> Int {
            let measurement = try run(loader).measurement
            let log = try #require(try cell(variant, of: loader).programs.first?.log.flatMap { measurement.logs[$0] })
            return try #require(Int(String(decoding: log, as: UTF8.self).dropFirst("parent ".count).dropLast()))
        }

        /// Crashes and hangs of cells do not end it; only what kills everyone does, and then another one takes its place.
        @Test func aResidentLoaderServesAllCells() throws {
            let parents = try ["parent1", "parent2", "parent3"].map { try parent(of: $0, .resident) }
            #expect(parents[0] > 1)
            #expect(parents[1] == parents[0])
            #expect(parents[2] > 1 && parents[2] != parents[0])
        }

        @Test func aLoaderThatCannotStayIsStartedForEachCell() throws {
            for variant in ["parent1", "parent2", "parent3"] { #expect(try parent(of: variant, .perCell) == 1) }
        }

        /// They stand between the others, and all guests but those of second chances are one.
        @Test(arguments: UnrulyLoader.allCases, UnrulyRun.cells.filter { $0.hasPrefix("pass") && $0 != "pass-hang" })
        func theCellsInBetweenPass(loader: UnrulyLoader, variant: String) throws {
            let cell = try cell(variant, of: loader)
            #expect(cell.verdict == .pass, "\(cell.reason ?? "")")
            #expect(cell.programs.map(\.name) == ["program_0"])
        }

        /// Nothing brings the first guest down; those that took too long are tried again, each in a guest booted for it.
        ///
        /// The resident loader that killed itself with signal 9 may have lacked memory, so that cell is tried in a large guest.
        @Test(arguments: UnrulyLoader.allCases) func onlyTimeIsTriedAgain(loader: UnrulyLoader) throws {
            let policies = try run(loader).policies
            let large: [StartPolicy] = loader == .resident ? [.auto] : []
            #expect(policies == [.auto] + UnrulyRun.late.map { _ in .cold } + large)
        }

        @Test(arguments: UnrulyLoader.allCases, UnrulyRun.late)
        func aLoaderThatNeverEndsIsATimeout(loader: UnrulyLoader, variant: String) throws {
            let cell = try cell(variant, of: loader)
            #expect(cell.verdict == .timeout)
            #expect(cell.reason == "no result within \(UnrulyRun.cellLimit): the unruly loader was killed")
        }

        @Test(
            arguments: UnrulyLoader.allCases,
            [
                ("crash", "signal 11 before it reported all results"), ("crash-mid-frame", "signal 11"),
                ("words", "exit status 3 before it reported all results: cannot go on"),
                (
                    "rust-panic",
                    "exit status 101 before it reported all results: thread 'main' panicked at src/main.rs:12:5: "
                        + "index out of bounds: the len is 3 but the index is 7"
                ),
                (
                    "go-panic",
                    "exit status 2 before it reported all results: panic: runtime error: index out of range [7] with length 3"
                ),
            ])
        func loaderCrashIsNotMeasured(loader: UnrulyLoader, crash: (variant: String, words: String)) throws {
            let cell = try cell(crash.variant, of: loader)
            #expect(cell.verdict == .notMeasured)
            #expect(
                cell.reason?.hasPrefix("the unruly loader ended with \(crash.words)") == true, "\(cell.reason ?? "")")
        }

        @Test(
            arguments: UnrulyLoader.allCases,
            [
                "noise", "endless-noise", "half-frame", "long-frame", "unknown-frame", "cell-end", "next-cell",
                "kernel-words", "flood-frames", "unknown-stage", "unknown-source", "unknown-finding", "short-finding",
                "open-finding", "long-finding", "flood-findings",
            ])
        func invalidReportIsNotMeasured(loader: UnrulyLoader, variant: String) throws {
            let cell = try cell(variant, of: loader)
            #expect(cell.verdict == .notMeasured)
            // The agent's word for a loader that does not keep to the protocol.
            #expect(cell.reason?.contains("exit status 76") == true, "\(cell.reason ?? "")")
            #expect(cell.console == nil)
        }

        @Test(
            arguments: UnrulyLoader.allCases,
            [
                (
                    "contradiction",
                    "the unruly loader contradicts itself: it reported the program 'program_0' twice, with different results"
                ),
                ("flood-programs", "the unruly loader contradicts itself: it reported more than 4096 programs"),
                ("unmeasurable", "it has no code that attaches xdp programs"),
                ("text-finding", "it has no code that attaches tc programs"),
                ("nothing", "the unruly loader reported no program"),
            ])
        func hostProblemIsNotMeasured(loader: UnrulyLoader, gap: (variant: String, reason: String)) throws {
            let cell = try cell(gap.variant, of: loader)
            #expect(cell.verdict == .notMeasured)
            #expect(cell.reason == gap.reason)
        }

        /// Child processes may continue and hold its pipe: only its own exit counts.
        @Test(arguments: UnrulyLoader.allCases) func aLoaderThatLeavesAChildPasses(loader: UnrulyLoader) throws {
            #expect(try cell("child", of: loader).verdict == .pass)
        }

        @Test func aLoaderThatKillsAllOthersPasses() throws {
            #expect(try cell("kill-everyone", of: .perCell).verdict == .pass)
        }

        /// What it kills is itself: the process that it is resident in.
        @Test func aResidentLoaderThatKillsAllOthersHasDied() throws {
            let cell = try cell("kill-everyone", of: .resident)
            #expect(cell.verdict == .notMeasured)
            #expect(cell.reason?.hasPrefix("the unruly loader ended with signal 9") == true, "\(cell.reason ?? "")")
        }

        @Test(arguments: UnrulyLoader.allCases) func aSecondReportOfALaterStageCounts(loader: UnrulyLoader) throws {
            let cell = try cell("further", of: loader)
            #expect(cell.verdict == .pass && cell.stage == .fire)
        }

        @Test(arguments: UnrulyLoader.allCases) func whatItFindsNamesTheCause(loader: UnrulyLoader) throws {
            let cell = try cell("finding", of: loader)
            #expect(cell.verdict == .fail && cell.stage == .fire)
            #expect(cell.programs.first?.cause?.id == "no-event")
            #expect(
                cell.programs.first?.cause?.line == "no event arrived in map 'lines' within 5 s of the trigger")
        }
    }
}

/// The two builds of the loader.
enum UnrulyLoader: String, CaseIterable, Sendable {
    case perCell = "unruly"
    case resident = "unruly-resident"
}

/// Runs every misdeed once with each loader, for all tests of the suite.
struct UnrulyRun: SuiteTrait, TestScoping {
    @TaskLocal static var outcomes: [UnrulyLoader: MisbehavingRun.Outcome]?

    static let cellLimit: Duration = .seconds(6)
    static let late = ["hang", "pass-hang", "close-hang", "spin", "flood-words"]
    /// What the loader should do; a digit distinguishes cells that do the same.
    static let cells = [
        "pass1", "parent1", "crash", "crash-mid-frame", "words", "rust-panic", "go-panic", "noise", "pass2",
        "endless-noise", "half-frame", "long-frame", "unknown-frame", "cell-end", "next-cell", "kernel-words",
        "nothing", "pass3", "flood-frames", "flood-programs", "contradiction", "further", "child", "pass4",
        "unknown-stage", "unknown-source", "unknown-finding", "short-finding", "open-finding", "long-finding",
        "flood-findings", "text-finding", "finding", "unmeasurable", "pass5", "hang", "pass6", "pass-hang",
        "close-hang", "spin", "flood-words", "parent2",
        "kill-everyone", "parent3", "pass7",
    ]

    func provideScope(
        for test: Test, testCase: Test.Case?, performing function: @concurrent @Sendable () async throws -> Void
    ) async throws {
        let outcomes = try await Bench.with(guest: Repository.guestTools) { bench in
            var outcomes: [UnrulyLoader: MisbehavingRun.Outcome] = [:]
            for loader in UnrulyLoader.allCases { outcomes[loader] = try await Self.outcome(of: loader, in: bench) }
            return outcomes
        }
        try await Self.$outcomes.withValue(outcomes) { try await function() }
    }

    private static func outcome(of loader: UnrulyLoader, in bench: Bench) async throws -> MisbehavingRun.Outcome {
        let kernel = try Repository.kernel("debian-6.1")
        let file = PlannedFile(path: Repository.testGuest(loader.rawValue), digest: loader.rawValue)
        let cells = try cells.map { variant in
            let word = variant.filter { !$0.isNumber }
            let object = bench.folder.appending(word)
            try write(word, to: object)
            return PlannedCell(
                key: CellKey(kernel: kernel.id.text, probe: "unruly", variant: variant, loader: "unruly"),
                loader: file, object: PlannedFile(path: object, digest: word), programs: ["program_0"],
                expectations: [], options: loader == .resident ? .mayStay : [])
        }
        let backend = RecordingBackend(bench.backend())
        let measurement = try await Measurement(
            KernelBatch(kernel: kernel.id, spec: bench.spec(kernel), cells: cells), backend: backend,
            cellLimit: cellLimit)
        return MisbehavingRun.Outcome(measurement: measurement, policies: backend.policies)
    }
}
