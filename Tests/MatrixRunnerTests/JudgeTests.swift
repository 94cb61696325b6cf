import GuestLink
import MatrixModel
import SystemPackage
import Testing
import VerifierLog

@testable import MatrixRunner

@Suite struct JudgeTests {
    private static let cell = PlannedCell(
        key: CellKey(kernel: "debian-6.1", probe: "p", variant: "v", loader: "libbpf"), object: "/p.o",
        objectDigest: "d", programs: ["first", "second"], expectations: [])

    private func judge(
        _ evidence: Evidence, plan: StagePlan? = nil, kernelConfigKnown: Bool = true
    ) throws -> CellResult {
        var cell = Self.cell
        cell.plan = plan
        return try Judge().result(
            of: cell, kernel: #require(KernelID("debian-6.1")), evidence: evidence, release: nil,
            kernelConfig: kernelConfigKnown ? KernelOptions(text: []) : nil, keep: { "logs/\($0.count).txt" })
    }

    private func program(
        errno: Int32 = 0, stage: Stage = .load, number: UInt32? = 0, log: String = "", loader: String = "",
        findings: [GuestFinding] = []
    ) -> Evidence.Program {
        Evidence.Program(
            report: ProgramReport(
                cell: 0, program: number, stage: stage, errno: errno, logComplete: true, verifiedInstructions: 17,
                name: number == 1 ? "second" : "first", type: "kprobe"), verifierLog: Array(log.utf8),
            loader: LoaderWords(loader, findings: findings))
    }

    @Test func passesWhatEveryProgramPasses() throws {
        let result = try judge(Evidence(programs: [program(), program(number: 1)], ending: .finished(.exited(0))))
        #expect(result.verdict == .pass)
        #expect(result.stage == .load)
        #expect(result.asExpected)
        #expect(result.programs.first?.stats?.instructions == 17)
    }

    @Test func failsWithTheCauseThatTheLogNames() throws {
        let log =
            "0: (85) call bpf_perf_event_output#25\nR5 min value is negative, either use unsigned or 'var &= const'\n"
        let result = try judge(
            Evidence(programs: [program(), program(errno: 13, number: 1, log: log)], ending: .finished(.exited(0))))
        #expect(result.verdict == .fail)
        #expect(!result.asExpected)
        #expect(result.programs.last?.cause?.id == "size-negative")
        #expect(result.programs.last?.log == "logs/\(log.utf8.count).txt")
    }

    /// A loader that omits a program has not reported that it passes.
    @Test func missingProgramIsNotMeasured() throws {
        let result = try judge(Evidence(programs: [program()], ending: .finished(.exited(0))))
        #expect(result.verdict == .notMeasured)
        #expect(result.reason == "the libbpf loader did not report the program 'second'")
    }

    /// Each of its programs loads alone: the result of the whole is one of its own.
    @Test func anObjectCanFailAsAWhole() throws {
        let slot = "libbpf: map 'next': failed to initialize slot [0] to prog 'second' fd=7: -22\n"
        let whole = Evidence.Program(
            report: ProgramReport(
                cell: 0, program: nil, stage: .load, errno: 22, logComplete: true, verifiedInstructions: nil, name: "",
                type: ""),
            loader: LoaderWords(slot))
        let result = try judge(
            Evidence(programs: [program(), program(number: 1), whole], ending: .finished(.exited(0))))
        #expect(result.verdict == .fail && result.stage == .load)
        #expect(result.programs.map(\.name) == ["first", "second", ProgramResult.wholeObject])
        #expect(result.programs.map(\.verdict) == [.pass, .pass, .fail])
        #expect(result.programs.last?.cause?.id == "prog-array-slot")
    }

    @Test func mapsThatWereSizedAndCapabilitiesThatAreMissingAreNamed() throws {
        let sized = GuestFinding(.mapSized, ["counts"])
        let absent = GuestFinding(.capabilityAbsent, ["CAP_BPF"])
        let result = try judge(
            Evidence(
                programs: [program(), program(number: 1)], remarks: LoaderWords(findings: [sized, absent]),
                ending: .finished(.exited(0))))
        #expect(result.verdict == .pass)
        #expect(
            result.reason
                == "map 'counts' has no max_entries and was given a size for the trial; "
                + "this kernel has no CAP_BPF (needs 5.8), so the cell ran without it")
    }

    @Test func contradictionIsNotMeasured() throws {
        let evidence = Evidence(
            programs: [program(), program(number: 1)], contradiction: "it says so", ending: .finished(.exited(0)))
        #expect(try judge(evidence).verdict == .notMeasured)
        #expect(try judge(evidence).reason == "the libbpf loader contradicts itself: it says so")
    }

    @Test func killedLoaderIsATimeoutWithItsOutput() throws {
        let evidence = Evidence(programs: [], remarks: LoaderWords("words"), ending: .stopped(limit: .seconds(3)))
        let result = try judge(evidence)
        #expect(result.verdict == .timeout && result.console == "logs/5.txt")
        #expect(result.reason == "no result within 3.0 seconds: the libbpf loader was killed")
    }

    /// What a user's program writes is read like `explain` reads it; it fails where the verifier refused it.
    @Test(arguments: [
        (
            "INFO loading\nlibbpf: prog 'f': -- BEGIN PROG LOAD LOG --\n0: (85) call bpf_perf_event_output#25\n"
                + "R5 min value is negative, either use unsigned or 'var &= const'\nprocessed 1 insns (limit 1000000)\n"
                + "-- END PROG LOAD LOG --\nError: no\n", Stage.load, "size-negative"
        ), ("libbpf: map 'exits': failed to create: Invalid argument(-22)\n", .fire, "libbpf-map-create"),
        ("cannot read my configuration\n", .fire, "exec-status"),
    ])
    func ownProgramsFailWithTheCauseInTheirOutput(output: String, stage: Stage, cause: String) throws {
        var cell = Self.cell
        cell.programs = ["first"]
        cell.plan = StagePlan(.exec(ProgramCall(root: "/job/root", program: "/agent", status: 0)))
        let ended = GuestFinding(.programFailed, ["1", "0"])
        let words = output + ended.line + "\n"
        let failed = program(errno: 125, stage: .fire, loader: output, findings: [ended])
        let result = try Judge().result(
            of: cell, kernel: #require(KernelID("debian-6.1")),
            evidence: Evidence(programs: [failed], ending: .finished(.exited(0))), release: nil,
            kernelConfig: KernelOptions(text: []), keep: { "logs/\($0.count).txt" })
        #expect(result.verdict == .fail && result.stage == stage)
        #expect(result.programs.map { $0.cause?.id } == [cause])
        #expect(result.programs.first?.log == "logs/\(words.utf8.count).txt")
    }

    /// libbpf's own output is the log if the kernel wrote none.
    @Test func keepsTheLoadersOutputIfTheKernelWroteNone() throws {
        let words = "libbpf: map 'exits': failed to create: Invalid argument(-22)\n"
        let failed = program(errno: 22, stage: .maps, loader: words)
        let result = try judge(Evidence(programs: [failed], ending: .finished(.exited(0))))
        #expect(result.stage == .maps)
        #expect(result.programs.first?.log == "logs/\(words.utf8.count).txt")
        #expect(result.programs.first?.cause?.id == "libbpf-map-create")
    }

    @Test func anObjectThatCannotBeOpenedFailsInEachProgram() throws {
        let failed = program(errno: 95, stage: .open, number: nil, loader: "libbpf: legacy map definitions\n")
        let result = try judge(Evidence(programs: [failed], ending: .finished(.exited(0))))
        #expect(result.programs.map(\.name) == ["first", "second"])
        #expect(result.verdict == .fail)
        #expect(result.stage == .open)
    }

    private static let attached = StagePlan(.programs([]))
    private static let fired = StagePlan(.programs([]), trigger: .type("hi"), event: StagePlan.Event(contains: "hi"))

    @Test func firedCellHasItsEvent() throws {
        let result = try judge(
            Evidence(
                programs: [program(stage: .fire), program(stage: .fire, number: 1)], event: Array("hi\0\0".utf8),
                ending: .finished(.exited(0))), plan: Self.fired)
        #expect(result.verdict == .pass)
        #expect(result.stage == .fire)
        #expect(result.event == "hi")
        #expect(result.programs.map(\.stage) == [.fire, .fire])
    }

    @Test(arguments: [
        (Stage.attach, Int32(2), GuestFinding(.symbolNotFound, ["readline", "/bin/bash", "No such file"])),
        (.fire, 110, GuestFinding(.noEvent, ["lines", "5"])),
        (.fire, 74, GuestFinding(.noFittingEvent, ["3", "lines", "hi"])),
    ])
    func whatFailsPastTheLoadIsShownWithWhatTheLoaderFound(stage: Stage, errno: Int32, finding: GuestFinding) throws {
        let accepted = "processed 9 insns (limit 1000000)\n"
        let words = finding.line + "\n"
        let failed = program(errno: errno, stage: stage, log: accepted, findings: [finding])
        let result = try judge(
            Evidence(programs: [failed, program(stage: stage, number: 1)], ending: .finished(.exited(0))),
            plan: Self.fired)
        #expect(result.verdict == .fail)
        #expect(result.stage == stage)
        #expect(result.event == nil)
        #expect(result.programs.first?.errno == errno)
        #expect(result.programs.first?.cause?.line == finding.sentence)
        #expect(result.programs.first?.log == "logs/\(accepted.utf8.count + words.utf8.count).txt")
        #expect(result.programs.first?.stats?.instructions == 9)
    }

    private static let late = GuestFinding(.commandOverdue, ["15"])
    private static let overdue = "the trigger's command did not end within 15 s"

    /// A guest that cannot run the trigger says nothing about the probe.
    @Test(
        arguments: [
            (LoaderWords(findings: [late]), overdue),
            (LoaderWords("libbpf: a warning\n", findings: [GuestFinding(.lsmUnknown), late]), overdue),
            // From a loader that knows no findings, or sends its own text in one.
            (LoaderWords("first\ncompat-matrix: it has no code for xdp\n"), "it has no code for xdp"),
            (LoaderWords(findings: [GuestFinding(.text, ["it has no code for xdp"])]), "it has no code for xdp"),
            (LoaderWords(), "the guest lacks something that the trigger needs"),
        ])
    func theLastFindingIsTheReasonOfWhatCouldNotBeMeasured(remarks: LoaderWords, reason: String) throws {
        let result = try judge(
            Evidence(
                programs: [program(), program(number: 1)], remarks: remarks, ending: .finished(.exited(69))),
            plan: Self.fired)
        #expect(result.verdict == .notMeasured)
        #expect(result.reason == reason)
        #expect(result.stage == nil)
    }

    @Test func wordsAfterAFindingAreTheReason() throws {
        var remarks = LoaderWords(findings: [Self.late])
        remarks.append(Array("compat-matrix: it gave up\n".utf8))
        let result = try judge(Evidence(programs: [], remarks: remarks, ending: .finished(.exited(69))))
        #expect(result.reason == "it gave up")
    }

    /// A wrong verdict is worse than none: a loader that knows no plans must not make a probe pass.
    @Test(arguments: [(attached, Stage.load), (fired, .load), (fired, .attach)])
    func loaderThatStopsEarlyIsNotMeasured(plan: StagePlan, stage: Stage) throws {
        let result = try judge(
            Evidence(
                programs: [program(stage: stage), program(stage: .load, number: 1)],
                ending: .finished(.exited(0))), plan: plan)
        #expect(result.verdict == .notMeasured)
        #expect(result.reason?.hasPrefix("the libbpf loader stopped at \(stage.rawValue)") == true)
    }

    @Test func guestDeathAfterLoadIsBlamedOnNextStage() throws {
        let panic = Evidence.Ending.guestGone(reason: "gone", console: [])
        let loaded = [program(), program(number: 1)]
        #expect(try judge(Evidence(programs: loaded, ending: panic), plan: Self.fired).stage == .attach)
        #expect(try judge(Evidence(programs: Array(loaded.prefix(1)), ending: panic), plan: Self.fired).stage == .load)
        #expect(try judge(Evidence(programs: loaded, ending: panic)).stage == .load)
    }

    private static let noKconfig = "libbpf: failed to open system Kconfig\n"

    /// On a host of that kernel the file is there, so its absence is the guest's doing.
    @Test func anObjectThatMissesTheConfigIsNotMeasured() throws {
        let failed = program(errno: 22, stage: .open, number: nil, loader: Self.noKconfig)
        let result = try judge(
            Evidence(programs: [failed], ending: .finished(.exited(0))), kernelConfigKnown: false)
        #expect(result.verdict == .notMeasured)
        #expect(result.stage == nil)
        #expect(result.programs.map(\.verdict) == [.notMeasured, .notMeasured])
        #expect(result.programs.first?.cause?.id == "libbpf-kconfig")
        #expect(result.reason?.contains("'compat-matrix kernels refresh debian-6.1'") == true)
    }

    @Test(arguments: [
        (noKconfig, true), ("libbpf: extern (kcfg) 'CONFIG_HZ': value 'm' isn't a valid integer\n", false),
        ("libbpf: map 'exits': failed to create: Invalid argument(-22)\n", false),
    ])
    func anyOtherFailureIsTheObjects(words: String, kernelConfigKnown: Bool) throws {
        let failed = program(errno: 22, stage: .open, number: nil, loader: words)
        let result = try judge(
            Evidence(programs: [failed], ending: .finished(.exited(0))), kernelConfigKnown: kernelConfigKnown)
        #expect(result.verdict == .fail)
        #expect(result.reason == nil)
    }

    private static let noTarget = "libbpf: prog 'first': attach program FD is not set\n"

    /// Which program it replaces a part of is known at run time only.
    @Test(arguments: [
        (noTarget, [], Verdict.notMeasured),
        (noTarget, [GuestFinding(.programTypeRejected, ["ext"])], .fail),
        ("libbpf: prog 'first': failed to find kernel BTF type ID of 'gone': -3\n", [], .fail),
    ])
    func aReplacementWithoutItsTargetIsNotMeasured(words: String, findings: [GuestFinding], verdict: Verdict) throws {
        let failed = program(errno: 22, loader: words, findings: findings)
        let result = try judge(Evidence(programs: [failed], ending: .finished(.exited(0))))
        #expect(result.verdict == verdict)
        #expect(result.programs.first?.verdict == verdict)
        #expect((result.reason?.contains("'first' replaces") == true) == (verdict == .notMeasured))
    }

    /// The log of a refused program is that of a second load, which takes longer for writing it.
    @Test func numbersAreThoseOfTheLoadThatGaveTheVerdict() throws {
        let log = "R9 !read_ok\nverification time 9000 usec\nprocessed 17 insns (limit 1000000)\n"
        var failed = program(errno: 13, log: log)
        failed.report.loadMicroseconds = 500
        failed.report.verificationMicroseconds = 400
        failed.report.size.instructions = 9
        let result = try judge(Evidence(programs: [failed], ending: .finished(.exited(0))))
        let stats = try #require(result.programs.first?.stats)
        #expect((stats.verificationMicroseconds, stats.loadMicroseconds) == (400, 500))
        #expect((stats.instructions, stats.limit, stats.size.instructions) == (17, 1_000_000, 9))
    }

    @Test func timeIsSummedOverProgramsButForTheEvent() throws {
        let programs = (0..<2).map { _ in
            var program = program()
            program.report.loadMicroseconds = 100_001
            program.report.attachMicroseconds = 2000
            program.report.fireMicroseconds = 300_000
            return program
        }
        let result = try judge(
            Evidence(
                programs: programs, ending: .finished(.exited(0)),
                timing: .init(queue: .milliseconds(1500), microseconds: 650_000)))
        #expect(
            result.programs.map(\.seconds)
                == Array(repeating: ProgramSeconds(load: 0.100001, attach: 0.002, fire: 0.3), count: 2))
        #expect(result.seconds == CellSeconds(queue: 1.5, load: 0.200002, attach: 0.004, fire: 0.3, total: 0.65))
    }

    @Test func untimedCellIsUnknown() throws {
        let result = try judge(Evidence(programs: [program()], ending: .guestGone(reason: "gone", console: [])))
        #expect(result.seconds == CellSeconds())
        #expect(result.programs.map(\.seconds) == [ProgramSeconds()])
    }

    /// A loader that dies proves nothing about the probe, regardless of what it reported before.
    @Test func deadLoaderIsNotMeasured() throws {
        let result = try judge(Evidence(programs: [program()], ending: .finished(.signalled(11))))
        #expect(result.verdict == .notMeasured)
        #expect(result.reason?.contains("signal 11") == true)
        #expect(!result.asExpected)
    }

    @Test func silentLoaderIsNotMeasured() throws {
        let result = try judge(Evidence(programs: [], ending: .finished(.exited(0))))
        #expect(result.verdict == .notMeasured)
        #expect(result.reason == "the libbpf loader reported no program")
    }

    @Test(arguments: [
        ("[  1.0] Kernel panic - not syncing: Fatal exception\n", "Kernel panic - not syncing: Fatal exception"),
        (
            "[ 2.0] BUG: kernel NULL pointer dereference, address: 0\n[ 2.1] Kernel panic - not syncing: x\n",
            "BUG: kernel NULL pointer dereference, address: 0"
        ),
        ("nothing to see", "the guest reset itself"),
    ])
    func aDeadGuestIsACrashWithItsConsole(console: String, reason: String) throws {
        let result = try judge(
            Evidence(
                programs: [],
                ending: .guestGone(reason: "the guest reset itself", console: Array(console.utf8))))
        #expect(result.verdict == .crash)
        #expect(result.reason == reason)
        #expect(result.console == "logs/\(console.utf8.count).txt")
    }

    @Test func silenceIsATimeoutUnlessTheConsoleShowsMore() throws {
        let silent = try judge(Evidence(programs: [], ending: .overdue(limit: .seconds(3), console: [])))
        #expect(silent.verdict == .timeout)
        let lockup = "[    9.1] watchdog: BUG: soft lockup - CPU#0 stuck for 26s!"
        let stuck = try judge(Evidence(programs: [], ending: .overdue(limit: .seconds(3), console: Array(lockup.utf8))))
        #expect(stuck.verdict == .crash)
    }

    /// The kernel's answer is the verdict, and what it warned of meanwhile a note.
    @Test(arguments: [Int32(0), 13]) func warningIsANote(errno: Int32) throws {
        let log =
            "[    9.1] verifier bug: something(1)\n[    9.2] WARNING: CPU: 0 PID: 86 at kernel/bpf/verifier.c:15\n"
        let programs = [program(errno: errno), program(number: 1)]
        let plain = try judge(Evidence(programs: programs, ending: .finished(.exited(0))))
        let result = try judge(
            Evidence(programs: programs, kernelLog: Array(log.utf8), ending: .finished(.exited(0))))
        #expect(result.verdict == plain.verdict && result.asExpected == plain.asExpected)
        #expect(plain.reason == nil && plain.console == nil)
        #expect(result.reason == "the kernel printed a warning: verifier bug: something(1)")
        #expect(result.console == "logs/\(log.utf8.count).txt")

        let harmless = Array("[    9.1] TECH PREVIEW: eBPF syscall may not be fully supported.\n".utf8)
        let quiet = try judge(Evidence(programs: programs, kernelLog: harmless, ending: .finished(.exited(0))))
        #expect(quiet.reason == nil && quiet.console == nil)
    }

    /// Why a loader was killed is in the kernel's log.
    @Test func aLoaderThatWasKilledHasTheKernelsReason() throws {
        let log = "[    9.1] Out of memory: Killed process 86 (loader-libbpf)\n"
        let result = try judge(
            Evidence(programs: [], kernelLog: Array(log.utf8), ending: .finished(.signalled(9))))
        #expect(result.verdict == .notMeasured)
        #expect(result.reason?.contains("signal 9") == true)
        #expect(result.reason?.contains("Out of memory: Killed process 86 (loader-libbpf)") == true)
    }

    /// The first use of bpf() on el7 prints this, and it is no crash.
    @Test func harmlessWarningIsNotACrash() throws {
        let console = "TECH PREVIEW: eBPF syscall may not be fully supported.\nPlease review provided documentation.\n"
        let result = try judge(
            Evidence(programs: [], ending: .overdue(limit: .seconds(3), console: Array(console.utf8))))
        #expect(result.verdict == .timeout)
    }

    @Test func noGuestIsNotMeasured() throws {
        let result = try judge(Evidence(programs: [], ending: .noGuest(reason: "no QEMU", console: nil)))
        #expect(result.verdict == .notMeasured)
        #expect(result.stage == nil)
        #expect(result.reason == "no QEMU")
    }
}
