import MatrixModel
import Testing

@testable import VerifierLog

/// What a loader says, or an errno alone.
@Suite struct LoaderCauseTests {
    /// What libbpf 1.4 says on a kernel without bpf().
    private static let noBPF = """
        libbpf: Error in bpf_object__probe_loading():Function not implemented(38). Couldn't load trivial BPF program. \
        Make sure your kernel supports BPF (CONFIG_BPF_SYSCALL=y) and/or that RLIMIT_MEMLOCK is set to big enough value.
        libbpf: failed to load object '/job/0.bpf.o'
        """

    @Test(
        arguments: [
            (
                "libbpf: map 'events': failed to create: Invalid argument(-22)\nlibbpf: failed to load object 'x'", 22,
                "libbpf-map-create"
            ),
            ("libbpf: prog 'watch': BPF program load failed: Operation not permitted", 1, "permission"),
            ("libbpf: prog 'watch': BPF program load failed: Argument list too long", 7, "argument-list"),
            ("libbpf: Error in bpf_create_map_xattr(m): -22. Retrying without BTF.", 0, "libbpf-btfretry"),
            (
                """
                libbpf: prog 'watch': BPF program load failed: Invalid argument
                compat-matrix: this kernel rejects every program of type raw_tracepoint
                """, 22, "prog-type-unknown"
            ),
            (
                """
                libbpf: prog 'watch': BPF program load failed: Invalid argument
                compat-matrix: this kernel rejects programs of type kprobe with kernel version 3.16.7
                """, 22, "prog-version-unknown"
            ),
            (
                """
                libbpf: map 'events': failed to create: Invalid argument(-22)
                compat-matrix: this kernel rejects every map of type ringbuf
                """, 22, "map-type-unknown"
            ),
            (
                """
                Error: error parsing /sys/kernel/btf/vmlinux

                Caused by:
                    No such file or directory (os error 2)
                """, 2, "aya-no-btf"
            ),
            (
                """
                [WARN aya::bpf] Object BTF couldn't be loaded in the kernel: the BPF_BTF_LOAD syscall failed. Verifier output:
                Error: map error: Unsupported map type found 8

                Caused by:
                    Unsupported map type found 8
                """, 22, "aya-map-unsupported"
            ),
            (
                """
                Error: the BPF_PROG_LOAD syscall failed. Verifier output:

                Caused by:
                    Invalid argument (os error 22)
                """, 22, "unsupported"
            ),
            (noBPF, 38, "no-bpf"),
            // libbpf since 1.6.
            (noBPF.replacing("Function not implemented(38)", with: " -38"), 38, "no-bpf"),
            (noBPF.replacing("Function not implemented(38)", with: " -38"), 0, "no-bpf"),
            (noBPF.replacing("Function not implemented(38)", with: "Operation not permitted(1)"), 1, "libbpf-nobpf"),
            (
                """
                libbpf: prog 'watch': BPF program load failed: Operation not permitted
                compat-matrix: this kernel is locked down: confidentiality
                """, 1, "lockdown"
            ),
            ("compat-matrix: this kernel accepts the program with a higher RLIMIT_MEMLOCK", 1, "memlock"),
            (
                """
                libbpf: extern (func ksym) 'bpf_rcu_read_lock': func_proto [29] incompatible with vmlinux [48]
                libbpf: failed to load object '/job/0.bpf.o'
                """, 22, "libbpf-ksym-type"
            ),
            (
                """
                libbpf: extern 'CONFIG_NO_SUCH_THING' (strong): not resolved
                libbpf: failed to load object '/job/0.bpf.o'
                """, 3, "libbpf-extern"
            ),
            (
                """
                libbpf: prog 'watch': failed to find kernel BTF type ID of 'no_such_function': -3
                libbpf: prog 'watch': failed to prepare load attributes: -3
                """, 3, "libbpf-attach"
            ),
            (
                """
                libbpf: prog 'watch': attach program FD is not set
                libbpf: prog 'watch': failed to prepare load attributes: -22
                """, 22, "libbpf-no-target"
            ),
            ("", 2, "no-entry"), ("", 3, "no-target"), ("", 9, "bad-descriptor"), ("", 12, "no-memory"),
            ("", 13, "refused"), ("", 16, "busy"), ("", 95, "not-supported"),
            ("libbpf: no such text", 0, "unknown"), ("", 1, "permission"), ("", 7, "argument-list"),
            ("", 22, "unsupported"),
            ("", 14, "verifier-bug"), ("", 28, "log-full"), ("", 38, "no-bpf"), ("", 524, "jit-unsupported"),
            ("", 5, nil),
        ] as [(String, Int32, String?)])
    func explainsAFailureWithoutALog(messages: String, errno: Int32, id: String?) {
        #expect(Catalogue.bundled.cause(ofLog: "", loaderMessages: messages, errno: errno)?.id == id)
    }

    /// As loaders say it, each in the step that comes first with it, on a kernel built without bpf().
    @Test(
        arguments: [
            (
                "Error: map error: failed to create map `programs` with code -1\n\nCaused by:\n"
                    + "    0: failed to create map `programs` with code -1\n"
                    + "    1: Function not implemented (os error 38)",
                "1: Function not implemented (os error 38)"
            ),
            (
                "field A: program a: map exits: map create without BTF: function not implemented",
                "field A: program a: map exits: map create without BTF: function not implemented"
            ),
            (
                "libbpf: map 'exits': failed to create: -38",
                "libbpf: map 'exits': failed to create: -38"
            ),
            ("cannot go on", "errno 38, no log"),
        ])
    func missingSystemCallIsTheReasonAtAnyStep(messages: String, line: String) {
        let cause = Catalogue.bundled.cause(ofLog: "", loaderMessages: messages, errno: 38, stage: .maps)
        #expect(cause?.id == "no-bpf" && cause?.line == line, "\(cause?.line ?? "")")
        // Of an attachment another call than bpf() can be missing.
        #expect(
            Catalogue.bundled.cause(ofLog: "", loaderMessages: messages, errno: 38, stage: .attach)?.id != "no-bpf")
    }

    @Test func pastLoadTheLogSaysNothing() {
        let message = "libbpf: prog 'p': failed to create kprobe 'gone+0x0' perf event: No such file or directory"
        let cause = Catalogue.bundled.cause(
            ofLog: "func#0 @0\nsome remark\nprocessed 2 insns\n", loaderMessages: message, errno: 2, stage: .attach)
        #expect(cause?.id == "attach-target-missing")
        #expect(Catalogue.bundled.cause(ofLog: "some remark\n", errno: 5, stage: .attach) == nil)
    }

    @Test(
        arguments: [
            (
                "libbpf: prog 'p': failed to create kprobe 'gone+0x0' perf event: Cannot assign requested address", 99,
                .attach, "attach-target-missing"
            ),
            ("", 2, .attach, "attach-target-missing"), ("", 22, .attach, "attach-unsupported"),
            ("", 16, .attach, "attach-busy"), ("", 1, .attach, "attach-permission"), ("", 110, .fire, "no-event"),
            ("", 74, .fire, "event-differs"),
            ("libbpf: prog 'p': failed to attach: Invalid argument", 22, .attach, "attach-unsupported"),
            ("libbpf: prog 'p': failed to auto-attach: -95", 95, .attach, "attach-unsupported"),
            (
                "compat-matrix: the cell's network has no interface 'eth0', only lo", 19, .attach,
                "attach-target-missing"
            ),
            (
                "libbpf: elf: failed to find symbol 'gone' in '/bin/bash'", 2, .attach, "attach-target-missing.uprobe"
            ),
            (
                "libbpf: elf: failed to open /bin/gone: No such file or directory", 2, .attach,
                "attach-target-missing.file"
            ),
            ("libbpf: elf: failed to open watch.bpf.o: No such file or directory", 2, .open, "libbpf-object"),
            ("libbpf: elf: failed to get section names strings from watch.o", 22, .open, "libbpf-object"),
            (
                "compat-matrix: uprobe_events rejects 'r:x/y /bin/bash:0x1 z': Invalid argument", 22, .attach,
                "tracefs-refused"
            ),
            ("compat-matrix: the object has no map 'lines' for the event", 2, .fire, "plan-mistaken"),
            ("compat-matrix: no event arrived in map 'lines' within 5 s of the trigger", 110, .fire, "no-event"),
            ("compat-matrix: none of 3 events in map 'lines' contains 'hello'", 74, .fire, "event-differs"),
            (
                """
                compat-matrix: the bpf LSM is not active on this kernel (lsm=lockdown,yama): its programs attach and never run
                compat-matrix: no event arrived in map 'lines' within 5 s of the trigger
                """, 110, .fire, "lsm-inactive"
            ),
        ] as [(String, Int32, Stage, String)])
    func explainsWhatComesAfterTheLoad(messages: String, errno: Int32, stage: Stage, id: String) {
        let log = "processed 2 insns (limit 1000000) max_states_per_insn 0 total_states 0 peak_states 0 mark_read 0\n"
        let cause = Catalogue.bundled.cause(ofLog: log, loaderMessages: messages, errno: errno, stage: stage)
        #expect(cause?.id == id)
    }

    @Test(arguments: [
        ("libbpf: prog 'watch': failed to attach: Argument list too long", 7, "attach-too-many"),
        ("libbpf: prog 'watch': failed to attach: Device or resource busy", 16, "attach-function-taken"),
        ("libbpf: prog 'watch': failed to attach to xdp: Operation not supported", 95, "attach-driver"),
        ("libbpf: prog 'watch': failed to attach to cgroup: Invalid argument", 22, "attach-unsupported.cgroup"),
        ("", 7, "attach-too-many"), ("", 84, "attach-offset"), ("", 16, "attach-busy"),
        ("", 2, "attach-target-missing"),
    ])
    func tellsRefusalsOfAttachmentsApart(messages: String, errno: Int32, id: String) {
        #expect(Catalogue.bundled.cause(ofLog: "", loaderMessages: messages, errno: errno, stage: .attach)?.id == id)
    }
}
