import MatrixModel
import Testing

@testable import VerifierLog

/// Which of the lines of a text decides; the texts are made up in the form that loaders and tools write.
@Suite struct EvidenceTests {
    private static let refusal = TextFormTests.trace + TextFormTests.message

    /// Without totals, what follows the log is not the verifier's.
    @Test(arguments: [
        "\nHINT: The invalid mem access error can happen if you pass a pointer.\n\nTraceback (most recent call last):\n"
            + "  File \"./hit.py\", line 3, in <module>\nException: Failed to load BPF program b'hit': Permission denied\n",
        "HINT: read the documentation\nException: Failed to load BPF program b'hit': Permission denied\n",
        "...\n", "\u{2026}\n", "```\nAny idea?\n", "\nroot@node:~# \n", "root@node:~# uname -r\n5.4.0\n",
        "libbpf: failed to load object 'hit_bpf'\nroot@node:~# \n", "Error: failed to load object file\n",
        "\nCaused by:\n    0: could not load the program\n    1: Permission denied (os error 13)\n",
        "exit status 1\n", "panic: cannot go on\n\ngoroutine 1 [running]:\nmain.main()\n",
        "\n(truncated, 12 line(s) omitted)\n",
    ])
    func whatFollowsALogDoesNotDecide(end: String) throws {
        for start in ["", "RUST_LOG=debug ./hit\n", "I get this:\n```\n", "libbpf: -- BEGIN DUMP LOG ---\nlibbpf: \n"] {
            let cause = try #require(Catalogue.bundled.cause(ofText: start + Self.refusal + end))
            #expect(cause.id == "bad-deref", "\(start)")
            #expect(cause.source == "n = *v; @ hit.c:7")
        }
    }

    /// An entry says itself what its message needs beside it.
    @Test func entriesSayWhatTheyNeed() throws {
        let entries = Catalogue.bundled.entries
        #expect(entries.allSatisfy { $0.needsTrace || !$0.advice.contains("in the trace") })
        #expect(entries.contains { $0.needsTrace } && entries.contains { $0.isAboutLog })
        let told = try #require(
            Catalogue.bundled.diagnosis(of: LogSummary(of: "R1 invalid mem access 'scalar'\n"))
        ).explanation
        #expect(told.reason.contains("does not contain the instructions above the message"))
    }

    @Test func linesOfOthersBetweenThoseOfALogDoNotMatter() {
        let text =
            TextFormTests.trace.replacing("\n1: (79)", with: "\nworker 3 is idle\n1: (79)") + TextFormTests.message
        #expect(Catalogue.bundled.cause(ofText: text)?.id == "bad-deref")
        let late = TextFormTests.trace + TextFormTests.message + "worker 3 is idle\n" + TextFormTests.totals
        #expect(Catalogue.bundled.cause(ofText: late)?.id == "bad-deref")
    }

    @Test(arguments: [
        ("libbpf: failed to parse target BTF: -5\nlibbpf: failed to perform CO-RE relocations: -5", "target-btf.file"),
        (
            "libbpf: Kernel error message: virtio_net: MTU too large to enable XDP without frags\n"
                + "libbpf: prog 'hit': failed to attach to xdp: Invalid argument\nfailed to attach", "xdp-mtu"
        ),
        (
            "libbpf: map 'hits': failed to create: Invalid argument(-22)\n"
                + "libbpf: prog 'hit': can't attach BPF program without FD (was it loaded?)", "libbpf-map-create"
        ),
        // What was said before the load does not explain an attachment.
        (
            "libbpf: kernel BTF is missing at '/sys/kernel/btf/vmlinux', was CONFIG_DEBUG_INFO_BTF enabled?\n"
                + "libbpf: prog 'hit': failed to attach: Device or resource busy", "attach-function-taken"
        ),
        (
            "libbpf: couldn't reuse pinned map at '/sys/fs/bpf/hits': parameter mismatch\n"
                + "libbpf: map 'hits': error reusing pinned map", "pinned-map-mismatch"
        ),
        ("Argument list too long\nR0 !read_ok\nArgument list too long", "not-init"),
    ])
    func theSpecificGoesBeforeTheSummary(text: String, id: String) {
        #expect(Catalogue.bundled.cause(ofText: text + "\n")?.id == id)
    }

    /// What the kernel remarks on a program's types before it verifies it refuses nothing.
    @Test(arguments: [
        "R1 type=ctx expected=fp\n", "Global function hit() doesn't return scalar. Only those are supported.\n",
        "Unrecognized arg#0 type PTR\n", "btf_vmlinux is malformed\nUnrecognized arg#0 type PTR\n",
    ])
    func remarksAboveTheFirstInstructionDoNotDecide(remarks: String) throws {
        let trace = TextFormTests.trace
        let cut = "libbpf: -- BEGIN PROG LOAD LOG --\n" + remarks + trace
        let told = try #require(Catalogue.bundled.diagnosis(of: LogSummary(of: cut)))
        #expect(told.cause.id == Catalogue.unknown)
        #expect(told.explanation.reason.contains("the end of the log is missing"))
        #expect(Catalogue.bundled.cause(ofText: remarks + trace + TextFormTests.message)?.id == "bad-deref")
        let accepted = remarks + "processed 9 insns (limit 1000000) max_states_per_insn 0\n"
        #expect(DecidingMessage(in: LogSummary(of: accepted).lines) == nil)
        let refused = remarks + "processed 0 insns (limit 1000000) max_states_per_insn 0\n"
        #expect(DecidingMessage(in: LogSummary(of: refused).lines) != nil)
        let function = "Validating hit() func#1...\n" + accepted
        #expect(DecidingMessage(in: LogSummary(of: function).lines) != nil)
    }

    /// A text that quotes a remark alone does not have the reason; another line in it may be one.
    @Test func aRemarkInATextWithoutALogIsNoReason() {
        let text = "libbpf: prog 'hit': BPF program load failed: Permission denied\nR1 type=ctx expected=fp\n"
        #expect(Catalogue.bundled.cause(ofText: text)?.id == "refused")
    }

    /// Loggers indent what they quote; only members of types begin with a tab of the kernel's own.
    @Test func aTabIsNoPartOfAMessage() {
        let line =
            "level=error msg=no\n\tJun 12 10:53:45 node7 agent[77]: field Hit: program hit: load program: "
            + "permission denied: 7: (71) r2 = *(u8 *)(r9 +23): R9 invalid mem access 'map_value_or_null' "
            + "(7 line(s) omitted)\n"
        #expect(Catalogue.bundled.cause(ofText: line)?.id == "bad-deref")
    }

    /// What a person writes around the output is no output: no step that failed, no message, and nothing to quote.
    @Test(
        arguments: [
            (
                "I have two programs attached to a cgroup. The second one is what I load, and this is what I get:\n"
                    + "libbpf: prog 'hit': BPF program load failed: Permission denied\n", "refused",
                "libbpf: prog 'hit': BPF program load failed: Permission denied"
            ),
            (
                "Looks like an arena-related issue:\n" + TextFormTests.trace + "helpers may not be called on Sundays\n",
                Catalogue.unknown, "helpers may not be called on Sundays"
            ),
            (
                "So this is what I have tried, and it is not what the manual says that it should be.\n"
                    + "- the kernel is a new one\nhit: cannot go on: no such thing (errno 22)\n"
                    + "int value = compute(first, second);\nKeep in mind that this is a test, and that you can stop it.\n",
                Catalogue.unknown, "hit: cannot go on: no such thing (errno 22)"
            ),
            (
                "time=\"10:00\" level=warning msg=\"cannot find the thing\"\n"
                    + "time=\"10:00\" level=info msg=\"failed over to another thing\"\nError:\n",
                Catalogue.unknown, "cannot find the thing"
            ),
            (
                "When I run it, I get \"R0 !read_ok\" and that is all that there is.\nWhy is that, and what can I do?\n",
                "not-init", "R0 !read_ok"
            ),
        ] as [(String, String, String)])
    func proseIsNoOutput(text: String, id: String, line: String) throws {
        let cause = try #require(Catalogue.bundled.cause(ofText: text))
        #expect(cause.id == id)
        #expect(cause.line == line)
    }

    @Test func aTextWithoutAnyOutputIsExplainedAsSuch() throws {
        let text = "It is not what I would have thought that it would be, and I have no idea why.\nIs this a bug?\n"
        let told = try #require(Catalogue.bundled.diagnosis(of: LogSummary(of: text)))
        #expect(told.cause.id == Catalogue.unknown)
        #expect(!told.explanation.reason.contains("message is not in the catalogue"))
    }

    /// What was refused is below the mark, and the log does not show it.
    @Test func anInstructionAboveLinesLeftOutIsNotTheOneThatWasRefused() throws {
        let text =
            "0: (b7) r1 = 0\n1: (85) call bpf_get_smp_processor_id#8\n...\n"
            + "regs=40 stack=0 before 902: (71) r6 = *(u8 *)(r1 +1)\n"
            + "math between map_value pointer and register with unbounded min value is not allowed\n"
            + "processed 900 insns (limit 1000000) max_states_per_insn 0 total_states 9 peak_states 9 mark_read 4\n"
        let indented = text.split(separator: "\n").map { $0 == "..." ? "...\n" : "\t\($0)\n" }.joined()
        for text in [text, "load program: invalid argument:\n" + indented] {
            let told = try #require(Catalogue.bundled.diagnosis(of: LogSummary(of: text)))
            #expect(told.cause.id == "math-unbounded")
            #expect(told.explanation.at == nil)
        }
    }

    /// The marks around the log are a loader's at a level where it prints them for every program.
    @Test func aLogOfAnAcceptedProgramIsNoFailure() {
        let text =
            "libbpf: prog 'hit': -- BEGIN PROG LOAD LOG --\n0: R1=ctx() R10=fp0\n"
            + "0: (b7) r0 = 0                        ; R0_w=0\n1: (95) exit\n"
            + "processed 2 insns (limit 1000000) max_states_per_insn 0 total_states 0 peak_states 0 mark_read 0\n"
            + "-- END PROG LOAD LOG --\n"
        #expect(Catalogue.bundled.cause(ofText: text) == nil)
    }

    @Test(arguments: [
        ("libbpf: failed to find it", false), ("The sequence of 8193 jumps is too complex.", false),
        ("ERROR: This might have happened because the value is smaller than 127.", false),
        ("Creation of the required BPF maps has failed.", false), ("Error: the BPF_PROG_LOAD syscall failed.", false),
        ("cannot attach kprobe, probe entry may not exist", false), ("return *value;", true), ("#include <x.h>", true),
        ("Then I load the program with the tool, and that is when it fails for me.", true),
        ("Here is the log:", true), ("Is it a bug?", true), ("2. Get the below error", true),
        ("- I failed to load it", true), (" - Instructions: 5012 (916 over limit)", false),
        ("1. Permission denied (os error 13)", false),
    ])
    func tellsProseFromMessages(line: String, isProse: Bool) { #expect(Line(line[...]).isProse == isProse) }

    /// libbpf's own numbers are no errnos, and a missing file is not what a load lacks.
    @Test(
        arguments: [
            ("could not open skeleton: Kernel verifier blocks program loading", "refused.verifier"),
            (
                "libxdp: Couldn't open BPF file\nCouldn't attach XDP program on iface 'lo': error (-4007)",
                "refused.verifier"
            ),
            ("loading hit: LIBBPF_ERRNO__VERIFY", "refused.verifier"),
            ("loading hit\ncould not open /proc/x: No such file or directory", Catalogue.unknown),
            ("libbpf: prog 'hit': failed to load: No such file or directory", "no-entry"),
        ] as [(String, String)])
    func readsWhatIsNoErrnoOfTheLoad(text: String, id: String) {
        #expect(Catalogue.bundled.cause(ofText: text + "\n")?.id == id)
    }

    /// libbpf's debug messages and failures that a loader ignores explain nothing while there is another failure.
    @Test(
        arguments: [
            (
                "libbpf: Error loading BTF: Invalid argument(22)\nlibbpf: magic: 0xeb9f\nversion: 1\n"
                    + "[3] DATASEC maps size=0 vlen=2 size == 0\n"
                    + "libbpf: Error loading ELF section .BTF: -22. Ignored and continue.\n"
                    + "libbpf: map 'hits': failed to create: Operation not permitted(-1)\n", "map-create-permission"
            ),
            (
                "libbpf: prog 'hit': failed to attach: Device or resource busy\n"
                    + "libbpf: extern (func ksym) 'bpf_x': resolved to vmlinux [77]\n"
                    + "libbpf: struct_ops init_kern ops: func ptr init is set to prog hit from data(+0) to kern_data(+0)\n",
                "attach-function-taken"
            ),
        ])
    func whatIsNoFailureDoesNotDecide(text: String, id: String) {
        #expect(Catalogue.bundled.cause(ofText: text)?.id == id)
    }

    @Test func saysThatTheLoaderIgnoredTheOnlyFailure() throws {
        let text = "libbpf: Error loading .BTF into kernel: -22. BTF is optional, ignoring.\n"
        let told = try #require(Catalogue.bundled.diagnosis(of: LogSummary(of: text)))
        #expect(told.explanation.reason.contains("ignored"))
    }

    /// The kernel's answer to a netlink request goes before what loaders make of it.
    @Test func theKernelsAnswerGoesBeforeTheLoadersWords() throws {
        let text =
            "libbpf: Kernel error message: hitdrv: MTU too large to enable XDP without frags\n"
            + "libxdp: Error attaching XDP program to ifindex 2: Operation not supported\n"
            + "libxdp: XDP mode not supported; try using SKB mode\n"
        let cause = try #require(Catalogue.bundled.cause(ofText: text))
        #expect(cause.id == "xdp-mtu")
        let unknown = text.replacing("MTU too large to enable XDP without frags", with: "not on Sundays")
        #expect(Catalogue.bundled.cause(ofText: unknown)?.line.hasSuffix("not on Sundays") == true)
        let benign =
            "libbpf: Kernel error message: Exclusivity flag on, cannot modify\nlibbpf: map 'hits': failed to "
            + "create: Operation not permitted(-1)\n"
        #expect(Catalogue.bundled.cause(ofText: benign)?.id == "map-create-permission")
    }

    /// cilium/ebpf joins the end of the log in its summary, and people break it again.
    @Test func readsTheInstructionInASummary() throws {
        let refusal = "7: (71) r2 = *(u8 *)(r9 +23): R9 invalid mem access 'map_value_or_null'"
        let broken = "  program hit: load program: permission denied:\n  \(refusal)\n"
        let told = try #require(Catalogue.bundled.diagnosis(of: LogSummary(of: broken)))
        #expect(told.cause.id == "bad-deref")
        #expect(told.cause.line == "R9 invalid mem access 'map_value_or_null'")
        #expect(told.explanation.at == "7: r2 = *(u8 *)(r9 +23)")
        let tail =
            "program hit: load program: permission denied: \(refusal) (12 line(s) omitted)\n\t(9 line(s) omitted)\n"
            + "\t5: (15) if r1 == 0x0 goto pc+3\n\t; return v->count;\n\t6: (bf) r9 = r0\n"
        let whole = try #require(Catalogue.bundled.diagnosis(of: LogSummary(of: tail)))
        #expect(whole.explanation.at == "7: r2 = *(u8 *)(r9 +23) ; return v->count;")
        #expect(whole.explanation.path.count == 1)
    }

    @Test(arguments: [
        "load program: invalid argument: : from 48 to 51: R0=inv(id=0) R10=fp0 fp-8= (truncated, 89 line(s) omitted)\n",
        "load program: invalid argument: from 48 to 51: \(String(repeating: "R1=inv(id=0) ", count: 20))fp-8=m (truncated, "
            + "89 line(s) omitted)\n",
        "```\n7: (bf) r1 = r6                      ; R1_w=ctx() R6_w=ctx()\n8\n```\n",
    ])
    func aTraceWithoutAMessageIsACutLog(text: String) throws {
        let told = try #require(Catalogue.bundled.diagnosis(of: LogSummary(of: text)))
        #expect(told.cause.id == Catalogue.unknown)
        #expect(told.explanation.reason.contains("the end of the log is missing"))
    }

    @Test func saysThatTheVerifierAcceptedTheProgram() throws {
        let text =
            "libbpf: prog 'hit': BPF program load failed: Invalid argument\n"
            + "libbpf: prog 'hit': -- BEGIN PROG LOAD LOG --\n\(TextFormTests.totals)-- END PROG LOAD LOG --\n"
        let told = try #require(Catalogue.bundled.diagnosis(of: LogSummary(of: text)))
        #expect(told.cause.id == Catalogue.unknown)
        #expect(told.explanation.reason.contains("went through the program"))
    }

    @Test func namesTheCommandForOmittedLines() throws {
        let text =
            "program hit: load program: bad CO-RE relocation: invalid func unknown#195896080 (19 line(s) omitted)\n"
        let told = try #require(Catalogue.bundled.diagnosis(of: LogSummary(of: text)))
        #expect(told.explanation.facts.contains { $0.contains("19 lines") && $0.contains("`%+v`") })
    }

    /// The instruction above the message is the place, not one that a person quotes once more below it.
    @Test func thePlaceIsAboveTheMessage() throws {
        let text =
            "21: (bf) r5 = r7\n22: (73) *(u8 *)(r4 +3) = r5\n\nR4 invalid mem access 'inv'\n\nI looked at r4:\n\n"
            + "16: (79) r1 = *(u64 *)(r10 -64)\n17: (bf) r4 = r1\n"
        let told = try #require(Catalogue.bundled.diagnosis(of: LogSummary(of: text)))
        #expect(told.explanation.at == "22: *(u8 *)(r4 +3) = r5")
    }

    @Test func aReloadedZeroIsNull() {
        let log =
            "0: (bf) r6 = r1\n1: (15) if r1 == 0x0 goto pc+3\n R1=inv0 R10=fp0 fp-16=00000000 fp-24=mmmmmmmm\n"
            + "2: (79) r9 = *(u64 *)(r10 -16)\n3: (71) r1 = *(u8 *)(r9 +4)\nR9 invalid mem access 'inv'\n"
        #expect(Catalogue.bundled.cause(ofText: log)?.id == "number-deref.null")
        let unknown = log.replacing("r10 -16", with: "r10 -24")
        #expect(Catalogue.bundled.cause(ofText: unknown)?.id != "number-deref.null")
    }

    /// The step that failed chooses among entries for the same errno.
    @Test(
        arguments: [
            ("error on bpf_create_map_xattr: Invalid argument (os error 22)", "map-create-invalid"),
            ("error on bpf_prog_load: Invalid argument (os error 22)", "unsupported"),
            ("hit.c:8 [hit panic]: Argument list too long\nFailed to attach to the function", "attach-too-many"),
            (
                "libbpf: sec 'kprobe/hit': found program 'hit' at insn offset 0 (0 bytes), code size 12 insns (96 bytes)\n"
                    + "libbpf: prog 'hit': BPF program load failed: -E2BIG", "argument-list.attribute"
            ),
            (
                "libbpf: sec 'kprobe/hit': found program 'hit' at insn offset 0 (0 bytes), code size 9120 insns\n"
                    + "libbpf: prog 'hit': BPF program load failed: -E2BIG", "argument-list"
            ),
            ("policy handler failed loading policy 'p': no symbols found", Catalogue.unknown),
        ])
    func theStepChoosesTheEntry(text: String, id: String) throws {
        let told = try #require(Catalogue.bundled.diagnosis(of: LogSummary(of: text + "\n")))
        #expect(told.cause.id == id)
        if id == Catalogue.unknown { #expect(!told.explanation.suggestion.contains("veristat")) }
    }

    /// Two messages of the same length are not one that a terminal broke.
    @Test func equallyLongMessagesAreNotJoined() throws {
        let first = "libhit: Error attaching XDP program to ifindex 2: Operation not supported yet"
        let second = "libhit: XDP mode is not supported here; try to attach it in another mode..."
        let text = "\(first)\n\(second.padding(first.count))\nlibhit: failed\n\(first)\nError: no\n"
        #expect(LogSummary(of: text).allLines.filter { $0.kind != .blank }.count == 5)
    }

    @Test(
        arguments: [
            ("libbpf: prog 'hit': BPF program load failed: strerror_r(-524)=22", 524, .load),
            ("bpf: Failed to load program: Unknown error 524", 524, .load),
            ("libbpf: prog 'hit': failed to load: -524", 524, .load),
            ("libbpf: prog 'hit': failed to auto-attach: -524", 524, .attach),
            ("1: Operation not permitted (os error 1)", 1, nil), ("failed, errno 7", 7, nil),
            ("bpf() load failed (error=-22)", 22, .load), ("loading failed: EINVAL", 22, .load),
            ("Prog section 'ingress' rejected: Permission denied (13)!", 13, nil),
            ("map hits: map create: operation not permitted", 1, .maps),
            ("attaching: perf_event_open: (-EPERM)", 1, .attach), ("load program: invalid argument", 22, .load),
            ("failed to create kprobe 'x' perf event: Invalid argument", 22, .attach),
            ("bpf(BPF_PROG_LOAD) = -1 ENOTSUPP", 524, .load),
        ] as [(String, Int32, Stage?)])
    func readsAnErrnoInAnyForm(line: String, errno: Int32, stage: Stage?) throws {
        let error = try #require(StatedError(in: Line(line[...])))
        #expect(error.errno == errno)
        #expect(error.stage == stage)
    }

    @Test(arguments: ["", "nothing of the kind", "2 files, 3-4 lines", "R1 off=-520 size=8", "version 5.4-22-generic"])
    func findsNoErrnoWhereThereIsNone(line: String) { #expect(StatedError(in: Line(line[...])) == nil) }

    @Test(arguments: [
        (
            "bpf: Failed to load program: Unknown error 524\nException: Failed to load BPF program b'hit'",
            "jit-unsupported"
        ),
        ("libbpf: prog 'hit': BPF program load failed: strerror_r(-524)=22", "jit-unsupported"),
        // bpftrace names what it loads as it names what it attaches to.
        ("bpf: Failed to load program: Invalid argument\n\nError loading program: kprobe:sys_read", "unsupported"),
        ("libbpf: prog 'hit': failed to auto-attach: -524", "attach-unsupported.trampoline"),
        ("panic: map create: operation not permitted\n\ngoroutine 1 [running]:\nmain.main()", "permission"),
        (
            "Error: failed to create map `HITS` with code -1\n\nCaused by:\n    1: Operation not permitted (os error 1)",
            "map-create-permission"
        ),
        ("attaching to cgroup failed: bad thing: operation not permitted", "cgroup-exclusive"),
        ("2026/11/30 10:00:00 load program: permission denied", "refused"),
        ("loading hit: cannot allocate memory", "no-memory"),
        (
            "libbpf: prog 'hit': BPF program load failed: Operation not permitted\nlibbpf: permission error while "
                + "running as root; try raising 'ulimit -l'? current value: 64.0 KiB", "libbpf-memlock"
        ),
        (
            "Error: netlink error while attaching XDP program\n\nCaused by:\n    Operation not supported (os error 95)",
            "xdp-attach-unsupported"
        ),
        (
            "Error: cannot go on\n\nCaused by:\n    0: `perf_event_open` failed\n"
                + "    1: No such file or directory (os error 2)", "attach-target-missing"
        ),
        ("bpf(BPF_PROG_LOAD, {insn_cnt=5}, 128) = -1 EPERM (Operation not permitted)", "permission"),
        ("load program: bad address: 0: R1=ctx() R10=fp0\n\t0: (bf) r6 = r1\n\t[...]", "log-full"),
    ])
    func theErrnoDecidesWhereNoLineNamesAReason(text: String, id: String) {
        #expect(Catalogue.bundled.cause(ofText: text + "\n")?.id == id)
    }

    /// An errno of bpf() says nothing of a program that the verifier went through.
    @Test func totalsWithoutAMessageLeaveTheReasonOpen() throws {
        let text =
            "load program: invalid argument: processed 6750 insns (limit 1000000) total_states 9 (20 line(s) omitted)\n"
        let told = try #require(Catalogue.bundled.diagnosis(of: LogSummary(of: text)))
        #expect(told.cause.id == Catalogue.unknown)
        #expect(told.explanation.reason.contains("the end of the log is missing"))
        #expect(told.explanation.suggestion.contains("`%+v`"))
        let nothing =
            "libbpf: prog 'hit': BPF program load failed: Invalid argument\n"
            + "libbpf: prog 'hit': -- BEGIN PROG LOAD LOG --\nprocessed 0 insns (limit 1000000)\n-- END PROG LOAD LOG --\n"
        #expect(Catalogue.bundled.cause(ofText: nothing)?.id == "unsupported")
    }

    @Test(arguments: [
        ("load program: permission denied", "%+v"),
        ("Error: the BPF_PROG_LOAD syscall failed. Verifier output:", "Level"),
        ("libbpf: prog 'hit': BPF program load failed: Permission denied", "veristat -vl2"),
        ("bpf: Failed to load program: Permission denied", "debug=0x12"),
        ("ERROR: Error loading BPF program for hit: Permission denied, failed to load", "BPFTRACE_LOG_SIZE"),
        ("failed to load my program: Permission denied", "bpftool -d prog load"),
    ])
    func namesTheCommandThatGetsTheLog(text: String, command: String) throws {
        let text = text + (text.contains("enied") ? "" : "\n\nCaused by:\n    Permission denied (os error 13)") + "\n"
        let told = try #require(Catalogue.bundled.diagnosis(of: LogSummary(of: text)))
        let said = [told.explanation.suggestion] + told.explanation.facts
        #expect(said.contains { $0.hasPrefix("To get the complete log, ") && $0.contains(command) }, "\(told)")
    }

    /// Programs that call bcc's library have no `BPF(…)` to pass an argument to.
    @Test func namesNoCommandOfPythonForTheLibraryOfBCC() throws {
        let text = "WARN func load(): bcc_prog_load() failed. name: hit, Permission denied errno: 13\n"
        let told = try #require(Catalogue.bundled.diagnosis(of: LogSummary(of: text))).explanation
        #expect(([told.suggestion] + told.facts).allSatisfy { !$0.contains("debug=") })
    }

    /// To look in the trace is no advice where there is none.
    @Test func asksForTheTraceOfAMessageThatStandsAlone() throws {
        let text = "R3 invalid mem access 'inv'\nlibbpf: failed to load program 'hit'\n"
        let told = try #require(Catalogue.bundled.diagnosis(of: LogSummary(of: text)))
        #expect(told.cause.id == "number-deref")
        #expect(told.explanation.suggestion.hasPrefix("To get the complete log, "))
    }

    @Test func saysThatALogIsEmpty() throws {
        let text = "# bpftrace -v big.bt\nAttaching 1 probe...\n\nError log: \n"
        let told = try #require(Catalogue.bundled.diagnosis(of: LogSummary(of: text))).explanation
        #expect(told.reason.contains("empty log"))
        #expect(told.suggestion.contains("strace"))
    }

    /// What bpftrace says of its buffer matters where the log has no end.
    @Test func aCutLogIsToldByWhatTheLoaderSaysOfItsBuffer() {
        let text =
            "Kernel error log:\n" + TextFormTests.trace
            + "\nWARNING: Kernel log seems to be trimmed. This may be due to buffer not being big enough, try increasing "
            + "the BPFTRACE_LOG_SIZE environment variable beyond the current value of 1000000 bytes\n"
        #expect(Catalogue.bundled.cause(ofText: text)?.id == "log-buffer.bpftrace")
    }

    /// Of a path that begins in the middle, nothing is said of what is not on it.
    @Test func aCutLogProvesNoAbsence() throws {
        let call = "8: (bf) r5 = r0\n9: (85) call bpf_perf_event_output#25\n\(CauseTests.sizeNegative)\n"
        let whole = "0: (85) call bpf_get_prandom_u32#7\n" + call
        let cut = "7: (85) call bpf_get_prandom_u32#7\n" + call
        let told = try #require(Catalogue.bundled.diagnosis(of: LogSummary(of: whole))).explanation
        #expect(told.reason.contains("Nothing on the path"))
        let less = try #require(Catalogue.bundled.diagnosis(of: LogSummary(of: cut))).explanation
        #expect(!less.reason.contains("Nothing on the path"))
        #expect(less.shape == nil)
        #expect(less.reason.contains("The beginning of the log is missing"))
        #expect(less.facts.contains { $0.hasPrefix("To get the complete log, ") })
    }

    /// A text does not say on which kernel its reader is.
    @Test func saysNothingOfThisKernel() throws {
        for entry in Catalogue.bundled.entries {
            guard let example = entry.example,
                let told = Catalogue.bundled.diagnosis(of: LogSummary(of: "0: (95) exit\n\(example)\n"))
            else { continue }
            let all = [told.explanation.reason, told.explanation.suggestion] + told.explanation.facts
            #expect(all.allSatisfy { !$0.lowercased().contains("this kernel") }, "\(entry.id): \(all)")
        }
    }

    /// What failed to attach was loaded: there is no log to get.
    @Test func anAttachmentNeedsNoLog() throws {
        let text = "Error: cannot attach\n\nCaused by:\n    1: Bad file descriptor (os error 9)\n"
        let told = try #require(Catalogue.bundled.diagnosis(of: LogSummary(of: text)))
        let said = [told.explanation.suggestion, told.explanation.reason] + told.explanation.facts
        #expect(!said.contains { $0.contains("log") }, "\(said)")
    }

    /// A text of nothing but messages is as long as a log can be, and each is held against the catalogue.
    @Test(.timeLimit(.minutes(1))) func readsAFloodOfMessages() {
        let text = String(
            repeating: "libbpf: prog 'hit': failed to load: -22\nfailed thing: permission denied\n", count: 9999)
        #expect(Catalogue.bundled.cause(ofText: "R0 !read_ok\n" + text)?.id == "not-init")
    }

    @Test func allLogsOfATextAreExplained() throws {
        let first = Self.refusal + TextFormTests.totals
        let second = "0: (95) exit\nR0 !read_ok\n" + TextFormTests.totals
        let accepted = "0: (b7) r0 = 0\n1: (95) exit\n" + TextFormTests.totals
        let framed = { (log: String) in
            "libbpf: prog 'hit': -- BEGIN PROG LOAD LOG --\n\(log)-- END PROG LOAD LOG --\nlibbpf: failed\n"
        }
        for text in [first + "again:\n" + second + accepted, framed(first) + framed(second)] {
            let summary = LogSummary(of: text)
            #expect(Catalogue.bundled.cause(ofText: summary)?.id == "not-init")
            #expect(summary.earlier.compactMap { Catalogue.bundled.cause(ofText: $0)?.id } == ["bad-deref"])
        }
        // Without totals, the first instruction begins another log.
        let bare = LogSummary(of: "0: (95) exit\nR0 !read_ok\n" + Self.refusal)
        #expect(Catalogue.bundled.cause(ofText: bare)?.id == "bad-deref")
        #expect(bare.earlier.count == 1)
    }

    @Test(
        arguments: [
            (refusal, .c, "if (!value)"),
            (refusal + "\nError: the BPF_PROG_LOAD syscall returned Permission denied\n", .rust, "if let Some(value)"),
            ("R5 min value is negative, either use unsigned or 'var &= const'\n", .c, "len &= SIZE - 1"),
            // What is added to a pointer is no length.
            ("math between map_value pointer and register with unbounded min value is not allowed\n", .c, "values[i]"),
            (
                "R0 unbounded memory access, make sure to bounds check any such access\n", .c,
                "i &= SIZE - 1"
            ),
            ("invalid access to packet, off=14 size=1, R1(id=0,off=14,r=0)\n", .c, "data_end"),
            (
                "load program: operation not permitted (MEMLOCK may be too low, consider rlimit.RemoveMemlock)\n", .go,
                "RemoveMemlock"
            ),
            (
                "0: (85) call bpf_ringbuf_reserve#131\n1: (95) exit\nUnreleased reference id=2 alloc_insn=0\n", .c,
                "discard"
            ),
            ("R0 !read_ok\n", nil, ""),
            // No code raises a limit without the right to, or makes the verifier believe a cast.
            ("failed to set memlock rlimit: operation not permitted\n", nil, ""),
            ("access beyond struct task_struct at off 10000 size 8\n", nil, ""),
        ] as [(String, FixSketch.Language?, String)])
    func showsCommonFixesAsCode(text: String, language: FixSketch.Language?, after: String) throws {
        let told = try #require(Catalogue.bundled.diagnosis(of: LogSummary(of: text)))
        #expect(told.sketch?.language == language)
        #expect(told.sketch.map { $0.after.contains(after) } ?? after.isEmpty)
    }
}

extension String {
    /// Of exactly `count` characters.
    fileprivate func padding(_ count: Int) -> String {
        String((self + String(repeating: "x", count: count)).prefix(count))
    }
}
