import KernelStore
import Machine
import MatrixModel
import MatrixRunner
import SystemPackage
import TestSupport
import Testing

extension GuestTests {
    /// A loader that ruins itself, its guest or the protocol costs its own cell and no other.
    @Suite(.serialized, .ownProcessor, MisbehavingRun()) struct MisbehaviourTests {
        private func run() throws -> MisbehavingRun.Outcome { try #require(MisbehavingRun.outcome) }

        @Test(arguments: MisbehavingRun.cells.filter { $0.hasPrefix("pass") })
        func theCellsInBetweenPass(variant: String) throws {
            let cell = try #require(try run().measurement.cells[variant])
            #expect(cell.verdict == .pass)
            #expect(cell.programs.map(\.name) == ["program_0"])
        }

        @Test func aPanicIsACrashWithItsConsole() throws {
            let measurement = try run().measurement
            attachConsole(measurement.console(of: "panic"), of: "panic")
            let cell = try #require(measurement.cells["panic"])
            #expect(cell.verdict == .crash)
            #expect(cell.reason?.hasPrefix("Kernel panic - not syncing: sysrq triggered crash") == true)
            #expect(String(decoding: measurement.console(of: "panic"), as: UTF8.self).contains("Call Trace"))
        }

        @Test func aLoaderThatNeverEndsIsATimeout() throws {
            let cell = try #require(try run().measurement.cells["sleep"])
            #expect(cell.verdict == .timeout)
            #expect(cell.reason == "no result within \(MisbehavingRun.cellLimit): the libbpf loader was killed")
        }

        /// The panic brings its guest down, so another guest continues.
        ///
        /// The panicking cell and the loader that never ends are tried again, each in a guest booted for it; one guest
        /// is large, for the loaders that were killed.
        @Test func crashingCellIsRetriedInAFreshGuest() throws {
            let policies = try run().policies
            #expect(policies.count { $0 == .cold } == 2, "\(policies)")
            #expect(policies.count { $0 == .auto } == 3, "\(policies)")
            #expect(policies.count == 5 && policies.first == .auto, "\(policies)")
        }

        @Test func loaderOutOfMemoryGetsALargeGuest() throws {
            #expect(try run().measurement.cells["memory"]?.verdict == .pass)
        }

        /// The kernel's warning is a note, and only the kernel's.
        @Test func kernelWarningIsANote() throws {
            let measurement = try run().measurement
            let cell = try #require(measurement.cells["lost-child"])
            #expect(cell.verdict == .pass)
            #expect(
                cell.reason?.hasPrefix("the kernel printed a warning: Out of memory: Kill") == true,
                "\(cell.reason ?? "")")
            let log = String(decoding: measurement.console(of: "lost-child"), as: UTF8.self)
            #expect(log.contains("invoked oom-killer"), "\(log)")
            for variant in ["wolf", "pass2", "flood"] {
                let cell = try #require(measurement.cells[variant])
                #expect(cell.verdict == .pass && cell.reason == nil && cell.console == nil, "\(variant)")
            }
        }

        @Test(arguments: [("segfault", "signal 11"), ("kill-resident", "signal 9")])
        func loaderDeathIsNotMeasured(variant: String, reason: String) throws {
            let cell = try #require(try run().measurement.cells[variant])
            #expect(cell.verdict == .notMeasured)
            #expect(cell.reason?.contains(reason) == true)
        }

        @Test(arguments: ["noise", "half-frame", "cell-end", "next-cell", "unknown-frame", "short-report"])
        func invalidReportIsNotMeasured(variant: String) throws {
            let cell = try #require(try run().measurement.cells[variant])
            #expect(cell.verdict == .notMeasured)
            // The agent's word for a loader that ended well but did not keep to the protocol.
            #expect(cell.reason?.contains("exit status 76") == true)
        }

        @Test func silentLoaderIsNotMeasured() throws {
            let cell = try #require(try run().measurement.cells["nothing"])
            #expect(cell.verdict == .notMeasured)
            #expect(cell.reason == "the libbpf loader reported no program")
        }

        /// 16 MiB, twice the capacity of the mailbox.
        @Test func aLongLogArrivesWhole() throws {
            let measurement = try run().measurement
            let cell = try #require(measurement.cells["flood"])
            #expect(cell.verdict == .pass)
            let log = try #require(cell.programs.first?.log.flatMap { measurement.logs[$0] })
            #expect(log.count == 256 << 16)
            #expect(log.allSatisfy { $0 == UInt8(ascii: "x") })
        }
    }
}

/// Runs every misbehaviour once, for all tests of the suite.
struct MisbehavingRun: SuiteTrait, TestScoping {
    struct Outcome: Sendable {
        var measurement: Measurement
        var policies: [StartPolicy]
    }

    @TaskLocal static var outcome: Outcome?

    static let cellLimit: Duration = .seconds(12)
    /// What the loader should do; a digit distinguishes cells that do the same.
    ///
    /// `nothing` follows `next-cell`, which tries to report for it.
    static let cells = [
        "pass1", "segfault", "noise", "half-frame", "cell-end", "unknown-frame", "short-report", "next-cell", "nothing",
        "kill-resident", "pass2", "flood", "wolf", "lost-child", "memory", "pass3", "panic", "pass4", "sleep", "pass5",
    ]

    func provideScope(
        for test: Test, testCase: Test.Case?, performing function: @concurrent @Sendable () async throws -> Void
    ) async throws {
        let outcome = try await Bench.with(guest: Repository.testGuest("misbehaving")) { bench in
            let kernel = try Repository.kernel("debian-6.1")
            let cells = try Self.cells.map { try Self.cell($0, kernel: kernel.id, folder: bench.folder) }
            let backend = RecordingBackend(bench.backend())
            let measurement = try await Measurement(
                KernelBatch(kernel: kernel.id, spec: bench.spec(kernel), cells: cells), backend: backend,
                cellLimit: Self.cellLimit)
            return Outcome(measurement: measurement, policies: backend.policies)
        }
        try await Self.$outcome.withValue(outcome) { try await function() }
    }

    /// A cell whose loader does what the variant is called.
    static func cell(_ variant: String, kernel: KernelID, folder: FilePath) throws -> PlannedCell {
        let word = variant.filter { !$0.isNumber }
        let object = folder.appending(word)
        try write(word, to: object)
        return PlannedCell(
            key: CellKey(kernel: kernel.text, probe: "misbehaving", variant: variant, loader: "libbpf"),
            object: object, objectDigest: word, programs: ["program_0"], expectations: [])
    }
}
