import MatrixModel
import Testing

@testable import VerifierLog

@Suite struct CauseTests {
    static let sizeNegative = "R5 min value is negative, either use unsigned or 'var &= const'"

    @Test(
        arguments: [
            ("4.15-size-negative", "size-negative", sizeNegative, nil),
            (
                "5.4-size-negative", "size-negative", sizeNegative,
                "bpf_perf_event_output(ctx, &lines, BPF_F_CURRENT_CPU, line, n);"
            ),
            (
                "6.12-size-negative", "size-negative", sizeNegative,
                "bpf_perf_event_output(ctx, &lines, BPF_F_CURRENT_CPU, line, n); @ percpu-buffer-unchecked.bpf.c:13"
            ),
            (
                "7.3-nullable", "bad-deref", "R1 invalid mem access 'trusted_ptr_or_null_'",
                "__u32 boosted = task->pid, by = lender->pid; @ typed-unchecked.bpf.c:8"
            ),
            (
                "7.3-reference-after-report", "ref-leak", "Unreleased reference id=2 alloc_insn=4",
                "return 0; @ leak.bpf.c:9"
            ),
            (
                "6.1-global-function", "caller-args", "Caller passes invalid args into func#1",
                "return fill(ctx);"
            ),
            (
                "6.12-infinite-loop", "inf-loop", "infinite loop detected at insn 7",
                """
                SEC("xdp") int x(struct xdp_md *c){ volatile int s=0; for(volatile int i=0;i<2000000;i++){ s+=i; } \
                return s; } @ loop.bpf.c:3
                """
            ),
            ("el7-no-totals", "not-init", "R0 !read_ok", nil),
            ("libbpf-framed", "not-init", "R0 !read_ok", "return; @ watch.c:5"),
        ] as [(String, String, String, String?)])
    func findsTheDecidingLine(log: String, id: String, line: String, source: String?) throws {
        let cause = try #require(Catalogue.bundled.cause(ofText: golden(log)))
        #expect(cause.id == id)
        #expect(cause.line == line)
        #expect(cause.source == source)
        #expect(cause.advice == Catalogue.bundled[id: id]?.advice)
        #expect(cause.category == Catalogue.bundled[id: id]?.category)
    }

    @Test func takesTheNewKernelsWordsWhereTheCatalogueHasNone() throws {
        let cause = Catalogue.bundled.cause(ofLog: try golden("7.3-unknown"))
        #expect(
            cause
                == Cause(
                    id: "unknown", category: "Call Type Safety", line: "R1 has a shape that nobody has seen",
                    source: nil,
                    advice: "Pass another value.", since: nil))
    }

    /// As 5.4.0-216 wrote it: the program was refused before its functions were looked at.
    @Test func aStackDepthWithoutANumberIsNotAMessage() {
        let log = """
            unknown opcode e5
            verification time 64 usec
            stack depth\u{20}
            processed 0 insns (limit 1000000) max_states_per_insn 0 total_states 0 peak_states 0 mark_read 0

            """
        #expect(Catalogue.bundled.cause(ofLog: log)?.id == "opcode")
    }

    /// As 7.3.4 wrote it: the line of the jump was still open.
    @Test func findsAMessageBehindAJump() throws {
        let log = """
            16: (c7) r1 s>>= 32                   ; R1=scalar(smin=0xffffffff80000000,smax=0x7fffffff)
            17: (c5) if r1 s< 0x1e8480 goto pc-11 infinite loop detected at insn 7
            cur state: R10=fp0 fp-8=mmmmscalar(smin=umin=1,smax=umax=0x100000000,var_off=(0x0; 0x1ffffffff))
            old state: R10=fp0 fp-8=mmmmscalar(smin=umin=1,smax=umax=0x100000000,var_off=(0x0; 0x1ffffffff))
            verification time 4653 usec
            stack depth max 0
            subprog 0 (x) main insns_self 58 insns_total 58 stack 8
            processed 58 insns (limit 1000000) max_states_per_insn 1 total_states 3 peak_states 3 mark_read 0

            """
        let cause = try #require(Catalogue.bundled.cause(ofLog: log, errno: 22))
        #expect(cause.id == "inf-loop")
        #expect(cause.line == "infinite loop detected at insn 7")
    }

    /// As 6.18.15 wrote it: the first line stands in most logs of programs with a `void *` context and refuses nothing.
    @Test func whatIsSaidOfAContextWithoutTypeIsNotAMessage() throws {
        let log = """
            arg#0 reference type('UNKNOWN ') size cannot be determined: -22
            0: R1=ctx() R10=fp0
            8: (65) if r1 s> 0xffffffff goto pc-7 infinite loop detected at insn 2
            cur state: R10=fp0 fp-8=????mmmm
            processed 16 insns (limit 1000000) max_states_per_insn 1 total_states 1 peak_states 1 mark_read 0

            """
        #expect(Catalogue.bundled.cause(ofLog: log, errno: 22)?.id == "inf-loop")
    }

    @Test func showsAnUnknownMessage() {
        let cause = Catalogue.bundled.cause(
            ofLog: "; f(); @ a.c:1\n3: (95) exit\nsomething new\nprocessed 3 insns\n", loaderMessages: "", errno: 22)
        #expect(cause?.id == Catalogue.unknown)
        #expect(cause?.line == "something new")
        #expect(cause?.source == "f(); @ a.c:1")
    }

    /// cilium/ebpf says in the line info of an instruction that it could not relocate it.
    @Test(arguments: [
        ("; instruction poisoned by CO-RE", nil), ("; instruction poisoned by CO-RE @ :0", nil),
        ("; instruction poisoned by CO-RE: task->state; @ :0", "task->state;"),
        ("; instruction poisoned by CO-RE: task->state;", "task->state;"),
        ("; task->state; @ a.c:7", "task->state; @ a.c:7"),
    ])
    func remarkOfALoaderIsNoSource(shown: String, source: String?) {
        let log = "\(shown)\n3: (85) call unknown#195896080\ninvalid func unknown#195896080\nprocessed 4 insns\n"
        #expect(Catalogue.bundled.cause(ofLog: log, errno: 22)?.source == source)
    }

    @Test func aFullBufferIsNotAMessage() {
        let cut = "1: (b7) r0 = 0\n R0=inv0 R10=fp0\n2: (95) ex\nparent did"
        #expect(Catalogue.bundled.cause(ofLog: cut, errno: 28)?.id == "log-full")
        // The verdict came from another load, without a log.
        #expect(Catalogue.bundled.cause(ofLog: cut, logComplete: false, errno: 13)?.id == "log-full")
        #expect(Catalogue.bundled.cause(ofLog: "R0 !read_ok\n", errno: 28)?.id == "not-init")
    }

    /// A guest leaves out the middle of a long log; what stands above the cut did not lead to the message below it.
    @Test(arguments: [
        ("BPF program is too large. Processed 1000001 insn", "too-large", Int32(7)), ("R9 !read_ok", "not-init", 13),
    ])
    func theLastLinesOfAnAbridgedLogDecide(message: String, id: String, errno: Int32) throws {
        let log = LogSummary(
            of: Self.abridged + "\(message)\nprocessed 1000001 insns (limit 1000000) total_states 20001\n")
        #expect(log.isAbridged)
        #expect(log.statistics?.instructions == 1_000_001)
        let cause = try #require(Catalogue.bundled.cause(ofLog: log, logComplete: false, errno: errno))
        #expect((cause.id, cause.line, cause.source) == (id, message, nil))
    }

    /// Kernels before 5.2 have no last lines without all that stands before them.
    @Test(arguments: [(Int32(7), "too-large"), (13, "log-full"), (28, "log-full")])
    func anAbridgedLogWithoutLastLinesIsJudgedByItsErrno(errno: Int32, id: String) {
        let cause = Catalogue.bundled.cause(ofLog: LogSummary(of: Self.abridged), logComplete: false, errno: errno)
        #expect(cause?.id == id)
    }

    private static let abridged =
        String(repeating: "; i++; @ loop.c:3\n17: (07) r1 += 1 ; R1_w=scalar()\n", count: 20_000)
        + "-- compat-matrix cut the log here; --full-logs keeps all of it --\n"

    /// As 7.3.4 wrote it; up to 7.2 the last line was "R1 offset is outside of the packet".
    @Test func takesTheLineAboveForWhatTheLastOneIsAbout() throws {
        let cause = try #require(Catalogue.bundled.cause(ofText: golden("7.3-packet")))
        #expect(cause.id == "pkt-range")
        #expect(cause.line == "invalid access to packet, off=14 size=1, R1(id=0,off=14,r=0)")
    }

    @Test func looksAtTheEndOfALongLogOnly() {
        let trace = String(repeating: "17: (85) call bpf_perf_event_output#25 ; R5=scalar(smax=4096)\n", count: 330_000)
        let log =
            trace + "; f(); @ long.c:1\n18: (95) exit\nR0 !read_ok\nprocessed 18 insns (limit 131072), stack depth 8\n"
        #expect(log.utf8.count > 20_000_000)
        #expect(Catalogue.bundled.cause(ofLog: log)?.source == "f(); @ long.c:1")
        #expect(LogStatistics.parse(log)?.limit == 131_072)
        #expect(LogSummary(of: log).lines.count < 20_000)
    }

    @Test func endlessLineIsHandled() {
        let log = String(repeating: "é", count: 1_000_001)
        #expect(Catalogue.bundled.cause(ofLog: log)?.id == Catalogue.unknown)
        #expect(Catalogue.bundled.cause(ofText: "R0 !read_ok\r\n\0")?.line == "R0 !read_ok")
    }

    /// The line below only says which argument it was.
    @Test func whatStandsAboveALenPairIsTheCause() {
        let log = """
            12: (85) call bpf_dynptr_slice#71556
            R4 min value is negative, either use unsigned or 'var &= const'
            arg#2 arg#3 memory, len pair leads to invalid memory access
            processed 13 insns (limit 1000000) max_states_per_insn 0 total_states 1 peak_states 1 mark_read 1
            """
        #expect(Catalogue.bundled.cause(ofLog: log)?.id == "size-negative")
        let bare = log.split(separator: "\n").filter { !$0.hasPrefix("R4") }.joined(separator: "\n")
        #expect(Catalogue.bundled.cause(ofLog: bare)?.id == "kfunc-mem-len")
    }
}
