import MatrixModel

/// Ways to be refused, each with a log as kernels write it.
enum SampleFailure {
    case sizeNegative, poisonedField, nullableArgument, noAttachTarget, noRingBuffer, unknownHelper,
        unknownKernelFunction

    var type: String {
        switch self {
        case .nullableArgument, .noAttachTarget: "tracing"
        default: "kprobe"
        }
    }

    var stage: Stage { self == .noRingBuffer ? .maps : .load }
    var errno: Int32 { self == .sizeNegative || self == .nullableArgument ? 13 : 22 }

    var statistics: ProgramStatistics? {
        switch self {
        case .sizeNegative, .nullableArgument:
            ProgramStatistics(instructions: 31, limit: 1_000_000, totalStates: 2, peakStates: 2, stackDepth: "8")
        default: nil
        }
    }

    var cause: Cause? {
        switch self {
        case .sizeNegative:
            Cause(
                id: "size-negative", category: "Memory size and bounds",
                line: "R5 min value is negative, either use unsigned or 'var &= const'",
                source: "bpf_perf_event_output(ctx, &events, BPF_F_CURRENT_CPU, line, n);",
                advice: "Clamp the length on the same register right before the call: n &= 0x3f.",
                since:
                    "What can be proved grew with 5.7 (32-bit bounds), 5.10 (copies and spills keep bounds) and 6.8.",
                location: CodeLocation(file: "probes/readline/readline.bpf.c", line: 9))
        case .poisonedField:
            Cause(
                id: "core-field", category: "CO-RE",
                line: "invalid func unknown#195896080", source: "long state = BPF_CORE_READ(task, state);",
                advice: "Read the field under both names: bpf_core_field_exists(task->__state).",
                since: "task_struct.state is __state since 5.14.",
                location: CodeLocation(file: "probes/task-state/state.bpf.c", line: 14))
        case .nullableArgument:
            Cause(
                id: "trusted-null", category: "Pointers", line: "R1 invalid mem access 'trusted_ptr_or_null_'",
                source: "return info->si_signo;", advice: "Check the argument for NULL before its first use.",
                since: "Nullable tracepoint arguments are marked since 6.12.")
        case .unknownHelper:
            Cause(
                id: "helper-unknown-id", category: "Helpers", line: "invalid func unknown#181", source: nil,
                advice: "Ship a variant without bpf_loop for kernels before 5.17.", since: "bpf_loop came in 5.17.")
        case .unknownKernelFunction:
            Cause(
                id: "kfunc-poison", category: "Kernel functions",
                line: "calling invalid kfunc bpf_strncasecmp: not in this kernel's BTF", source: nil,
                advice: "Test with bpf_ksym_exists and compare by hand where it is missing.", since: "Since 7.0.")
        case .noAttachTarget, .noRingBuffer: nil
        }
    }

    var explanation: Explanation? {
        guard self == .sizeNegative || self == .nullableArgument else { return nil }
        return Explanation(
            reason: "r5, the length, may be negative: it was saved on the stack.",
            at: "69: call bpf_perf_event_output#25 ; bpf_perf_event_output(ctx, &events, 0, line, n); @ readline.c:9",
            path: ["64: if r0 s> 0x40 goto pc+16 (not taken, checked) ; if (n > 64) @ readline.c:7"],
            suggestion: "Mask it right before it is used.", facts: ["Linux 5.10 and later keep the range."],
            shape: self == .sizeNegative ? "spill" : nil)
    }

    func log(on kernel: String) -> String? {
        guard let cause else {
            return self == .noRingBuffer ? nil : "libbpf: prog 'on_signal_sent': failed to find kernel BTF type ID"
        }
        let totals = "processed 31 insns (limit 1000000) max_states_per_insn 1 total_states 2 peak_states 2 mark_read 2"
        switch self {
        case .sizeNegative:
            return Self.walk(state: kernel == "ubuntu-5.4" ? "inv" : "scalar") + "\(cause.line)\n\(totals)\n"
        case .nullableArgument where kernel == "debian-7.3":
            return "\(Self.nullableWalk)\(cause.line)\n\n\(Self.report)\n\(totals)\n"
        case .nullableArgument: return "\(Self.nullableWalk)\(cause.line)\n\(totals)\n"
        default:
            return "0: R1=ctx(off=0,imm=0) R10=fp0\n0: (b7) r1 = 0\n1: (85) call unknown\n\(cause.line)\n\(totals)\n"
        }
    }

    private static func walk(state: String) -> String {
        let annotations = (0..<40).map { index in
            "\(index + 20): (bf) r\(index % 6) = r6                       ; R\(index % 6)_w=\(state)(id=\(index)) R6=\(state)()\n"
        }
        return """
            ; int on_readline(struct pt_regs *ctx)
            0: (bf) r6 = r1                       ; R1=ctx(off=0,imm=0) R6_w=ctx(off=0,imm=0)
            ; long n = bpf_probe_read_user_str(line, sizeof(*line), (void *)PT_REGS_RC(ctx));
            17: (85) call bpf_probe_read_user_str#114     ; R0=\(state)(smin=-4095,smax=64)
            ; if (n < 0)
            18: (65) if r0 s> 0xffffffff goto pc+1        ; R0=\(state)(smax=-1)
            \(annotations.joined())\
            ; bpf_perf_event_output(ctx, &events, BPF_F_CURRENT_CPU, line, n);
            62: (bf) r1 = r6                      ; R1_w=ctx(off=0,imm=0) R6=ctx(off=0,imm=0)
            63: (79) r5 = *(u64 *)(r10 -8)        ; R5_w=\(state)() R10=fp0
            64: (85) call bpf_perf_event_output#25

            """
    }

    private static let nullableWalk = """
        ; int BPF_PROG(on_signal_sent, int sig, struct kernel_siginfo *info) @ signal.bpf.c:9
        0: (79) r1 = *(u64 *)(r1 +8)          ; R1=trusted_ptr_or_null_kernel_siginfo(id=1)
        ; return info->si_signo; @ signal.bpf.c:11
        1: (61) r0 = *(u32 *)(r1 +0)

        """

    private static let report = """
        Verification failed: Register Type Safety: Invalid dereference

        Reason:
          R1 may be NULL here. The program could dereference NULL on this path.

        At:
          on_signal_sent @ signal.bpf.c:11:15
          >>> 1 | (61) r0 = *(u32 *)(r1 +0)

        Suggestion:
          Add a NULL check before the access and dereference the pointer only on the non-NULL path.
        """

    static func console(of verdict: Verdict) -> String {
        let boot = (0..<30).map { "[    0.\(100 + $0)] x86: booting step \($0)\r\n" }.joined()
        guard verdict == .crash else { return boot }
        return boot + """
            [    1.204417] BUG: kernel NULL pointer dereference, address: 0000000000000048\r
            [    1.204901] #PF: supervisor read access in kernel mode\r
            [    1.205377] RIP: 0010:bpf_prog_tail_call_adjust+0x21/0x90\r
            [    1.206710] Kernel panic - not syncing: Fatal exception in interrupt\r

            """
    }
}
