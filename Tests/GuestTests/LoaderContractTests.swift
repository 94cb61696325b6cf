import KernelStore
import Machine
import MatrixModel
import MatrixRunner
import SystemPackage
import Testing

extension GuestTests {
    /// A loader of somebody else's, which comes with the job: whatever it does is a clear result of its cell alone.
    @Suite(UnrulyRun()) struct LoaderContractTests {
        private func run() throws -> MisbehavingRun.Outcome { try #require(UnrulyRun.outcome) }

        /// They stand between the others, and all guests but those of second chances are one.
        @Test(arguments: UnrulyRun.cells.filter { $0.hasPrefix("pass") && $0 != "pass-hang" })
        func theCellsInBetweenPass(variant: String) throws {
            let cell = try #require(try run().measurement.cells[variant])
            #expect(cell.verdict == .pass, "\(cell.reason ?? "")")
            #expect(cell.programs.map(\.name) == ["program_0"])
        }

        /// Nothing brings the first guest down; those that took too long are tried again, each in a guest booted for it.
        @Test func onlyTimeIsTriedAgain() throws {
            let late = UnrulyRun.cells.filter { UnrulyRun.late.contains($0) }
            #expect(try run().policies == [.auto] + late.map { _ in .cold })
        }

        @Test(arguments: UnrulyRun.late) func aLoaderThatNeverEndsIsATimeout(variant: String) throws {
            let cell = try #require(try run().measurement.cells[variant])
            #expect(cell.verdict == .timeout)
            #expect(cell.reason == "no result within \(UnrulyRun.cellLimit): the unruly loader was ended")
        }

        @Test(arguments: [
            ("crash", "signal 11 before it had reported everything"), ("crash-mid-frame", "signal 11"),
            ("words", "exit status 3 before it had reported everything: cannot go on"),
            (
                "rust-panic",
                "exit status 101 before it had reported everything: thread 'main' panicked at src/main.rs:12:5: "
                    + "index out of bounds: the len is 3 but the index is 7"
            ),
            (
                "go-panic",
                "exit status 2 before it had reported everything: panic: runtime error: index out of range [7] with length 3"
            ),
        ])
        func aCrashIsNoVerdictAndIsNamed(variant: String, words: String) throws {
            let cell = try #require(try run().measurement.cells[variant])
            #expect(cell.verdict == .notMeasured)
            #expect(cell.reason?.hasPrefix("the unruly loader ended with \(words)") == true, "\(cell.reason ?? "")")
        }

        @Test(arguments: [
            "noise", "endless-noise", "half-frame", "long-frame", "unknown-frame", "cell-end", "next-cell",
            "kernel-words", "flood-frames", "unknown-stage", "unknown-source", "unknown-finding", "short-finding",
            "open-finding", "long-finding", "flood-findings",
        ])
        func whatIsNoReportIsNoVerdict(variant: String) throws {
            let cell = try #require(try run().measurement.cells[variant])
            #expect(cell.verdict == .notMeasured)
            // The agent's word for a loader that does not keep to the protocol.
            #expect(cell.reason?.contains("exit status 76") == true, "\(cell.reason ?? "")")
            #expect(cell.console == nil)
        }

        @Test(arguments: [
            (
                "contradiction",
                "the unruly loader contradicts itself: it reported the program 'program_0' twice, and not the same"
            ),
            ("flood-programs", "the unruly loader contradicts itself: it reported more than 4096 programs"),
            ("unmeasurable", "it has no code that attaches xdp programs"),
            ("text-finding", "it has no code that attaches tc programs"),
            ("nothing", "the unruly loader reported nothing"),
        ])
        func whatSaysNothingOfTheProbeIsNoVerdict(variant: String, reason: String) throws {
            let cell = try #require(try run().measurement.cells[variant])
            #expect(cell.verdict == .notMeasured)
            #expect(cell.reason == reason)
        }

        /// What it started may go on and hold its pipe: its own end counts.
        @Test func aLoaderThatLeavesAChildPasses() throws {
            #expect(try run().measurement.cells["child"]?.verdict == .pass)
        }

        @Test func aLoaderThatKillsAllOthersPasses() throws {
            #expect(try run().measurement.cells["kill-everyone"]?.verdict == .pass)
        }

        @Test func aSecondReportOfALaterStageCounts() throws {
            let cell = try #require(try run().measurement.cells["further"])
            #expect(cell.verdict == .pass && cell.stage == .fire)
        }

        @Test func whatItFindsNamesTheCause() throws {
            let cell = try #require(try run().measurement.cells["finding"])
            #expect(cell.verdict == .fail && cell.stage == .fire)
            #expect(cell.programs.first?.cause?.id == "no-event")
            #expect(
                cell.programs.first?.cause?.line == "no event arrived in map 'lines' within 5 s of the trigger")
        }
    }
}

/// Runs every misdeed once, for all tests of the suite.
struct UnrulyRun: SuiteTrait, TestScoping {
    @TaskLocal static var outcome: MisbehavingRun.Outcome?

    static let cellLimit: Duration = .seconds(6)
    static let late = ["hang", "pass-hang", "close-hang", "spin", "flood-words"]
    /// What the loader is told to do; a digit tells cells apart that do the same.
    static let cells = [
        "pass1", "crash", "crash-mid-frame", "words", "rust-panic", "go-panic", "noise", "pass2", "endless-noise",
        "half-frame", "long-frame", "unknown-frame", "cell-end", "next-cell", "kernel-words", "nothing", "pass3",
        "flood-frames", "flood-programs", "contradiction", "further", "child", "pass4", "kill-everyone",
        "unknown-stage", "unknown-source", "unknown-finding", "short-finding", "open-finding", "long-finding",
        "flood-findings", "text-finding", "finding", "unmeasurable", "pass5", "hang", "pass6", "pass-hang", "close-hang", "spin", "flood-words", "pass7",
    ]

    func provideScope(
        for test: Test, testCase: Test.Case?, performing function: @concurrent @Sendable () async throws -> Void
    ) async throws {
        let outcome = try await Bench.with(guest: Repository.guestTools) { bench in
            let kernel = try Repository.kernel("debian-6.1")
            let loader = PlannedFile(path: Repository.testGuest("unruly"), digest: "unruly")
            let cells = try Self.cells.map { variant in
                let word = variant.filter { !$0.isNumber }
                let object = bench.folder.appending(word)
                try write(word, to: object)
                return PlannedCell(
                    key: CellKey(kernel: kernel.id.text, probe: "unruly", variant: variant, loader: "unruly"),
                    loader: loader, object: PlannedFile(path: object, digest: word), programs: ["program_0"],
                    expectations: [])
            }
            let backend = RecordingBackend(bench.backend())
            let measurement = try await Measurement(
                KernelBatch(kernel: kernel.id, spec: bench.spec(kernel), cells: cells), backend: backend,
                cellLimit: Self.cellLimit)
            return MisbehavingRun.Outcome(measurement: measurement, policies: backend.policies)
        }
        try await Self.$outcome.withValue(outcome) { try await function() }
    }
}
