import MatrixModel
import Testing

@testable import VerifierLog

/// Texts as people paste them, made up in the form that kernels and loaders write.
@Suite struct MessageFamilyTests {
    @Test(arguments: [
        ("R7 invalid mem access 'map_value_or_null'", "bad-deref"), ("R3 invalid mem access 'inv'", "number-deref"),
        ("R3 invalid mem access 'scalar'", "number-deref"), ("R1 invalid mem access 'imm'", "number-deref"),
        ("R1 invalid mem access 'map_ptr'", "map-deref"), ("R2 invalid mem access 'pkt_end'", "other-deref"),
        ("R1 invalid mem access 'rcu_ptr_or_null_'", "bad-deref"),
        ("invalid stack off=-520 size=8", "stack-oob.limit"), ("invalid stack off=0 size=8", "stack-oob"),
        ("invalid read from stack off -32+0 size 8", "stack-uninit"),
        ("invalid read from stack R2 var_off (0x0; 0xff)+8 size 8", "stack-uninit"),
        ("invalid variable-offset read from stack R3 var_off=(0x0; 0x7) off=-16 size=1", "stack-oob"),
        ("invalid func 112", "helper-unknown-id"), ("unknown func 12", "helper-not-allowed"),
        ("insn 2048 cannot be patched due to 16-bit range", "jit-too-large"),
        ("same or smaller insn offset (0) than previous func info record (0)", "func-info.order"),
    ])
    func messagesOfTheVerifier(line: String, id: String) throws {
        #expect(Catalogue.bundled.entry(matching: line)?.id == id)
        let log = "0: (b7) r0 = 0\n1: (95) exit\n\(line)\nprocessed 2 insns (limit 1000000) max_states_per_insn 0\n"
        #expect(Catalogue.bundled.cause(ofLog: log)?.id == id)
    }

    /// The kernel writes what is wrong behind the type, and loaders frame it.
    @Test(arguments: [
        ("[12] STRUCT Option<u32> size=8 vlen=2 Invalid name", "btf-type-name"),
        (
            "[3] STRUCT event size=4 vlen=2\n\tstamp type_id=7 bits_offset=64 Member exceeds struct_size",
            "btf-malformed"
        ),
        ("[17] Invalid kind:19", "btf-kind"), ("[5] FUNC probe type_id=4 vlen != 0 Invalid func linkage", "btf-kind"),
        ("magic: 0xeb9f\nversion: 1\nflags: 0x0\nhdr_len: 24\nUnsupported section found", "btf-kind"),
    ])
    func typesThatTheKernelRejects(log: String, id: String) {
        let types = "magic: 0xeb9f\nversion: 1\n[1] INT int size=4 bits_offset=0 nr_bits=32 encoding=SIGNED\n"
        #expect(Catalogue.bundled.cause(ofLog: types + log + "\n")?.id == id)
        let framed = "libbpf: -- BEGIN BTF LOAD LOG ---\n\(types)\(log)\n-- END BTF LOAD LOG --\n"
        #expect(Catalogue.bundled.cause(ofText: framed)?.id == id)
    }

    @Test(arguments: [
        (
            "libbpf: Kernel error message: virtio_net: MTU too large to enable XDP without frags\n"
                + "libxdp: Error attaching XDP program to ifindex 4: Invalid argument", "xdp-mtu"
        ),
        ("Error: virtio_net: Can't set XDP while host is implementing LRO, disable LRO first.", "xdp-offload-conflict"),
        ("libbpf: Kernel error message: Underlying driver does not support XDP in native mode", "xdp-native-missing"),
        (
            "[ 12.4] virtio_net virtio0 eth0: XDP expects header/data in single page, any_header_sg required",
            "xdp-header-sg"
        ),
        ("Error: XDP program already attached.", "xdp-taken"),
        (
            "cannot attach kprobe, probe entry may not exist\nFailed to attach BPF program b'hit' to kprobe b'sys_x'",
            "attach-target-missing.syscall"
        ),
        (
            "Exception: Failed to attach BPF program b'hit' to kprobe b'ext4_x', it's not traceable (either non-existing, "
                + "inlined, or marked as \"notrace\")", "attach-target-missing.module"
        ),
        ("Exception: could not determine address of symbol b'readline' in /bin/bash", "uprobe-symbol"),
        ("failed setting uprobe on offset 0x4011a6 (possible trap insn): not supported", "probe-boundary"),
        ("libbpf: couldn't reuse pinned map at '/sys/fs/bpf/hits': parameter mismatch", "pinned-map-mismatch"),
        (
            "map hits: use pinned map /sys/fs/bpf/hits: map spec is incompatible with existing map",
            "pinned-map-mismatch"
        ),
        ("libbpf: prog 'hit': relo #0: kernel doesn't support global data", "global-data-old"),
        ("libbpf: failed to parse target BTF: -2\nlibbpf: failed to perform CO-RE relocations: -2", "target-btf"),
        ("bpf: Argument list too long. Program hit too large (113 insns), at most 4096 insns", "too-large"),
        ("bpf: Argument list too long. Program hit too large (5200 insns), at most 4096 insns", "program-too-long"),
        ("HINT: bpf_ktime_get_boot_ns missing (added in Linux 5.8).", "helper-missing"),
        ("neither debugfs nor tracefs are mounted", "tracefs-missing"),
        ("can't open cgroup: open /sys/fs/cgroup/unified: no such file or directory", "cgroup-v1"),
        ("libbpf: specified path /tmp/pins is not on BPF FS", "bpffs"),
        ("spec is missing one or more constants: verbose", "cil-constants"),
        ("Tail call map owned by prog type 3, but prog type is 4!", "ipr-tail-call"),
        ("libxdp: Existing program is not using a dispatcher, can't replace; unload first", "xdp-dispatcher-taken"),
        ("libbpf: usdt: no USDT notes section (.note.stapsdt) found in '/usr/bin/python3'", "usdt-attach.notes"),
        ("Error: map `HITS` not found", "aya-map-name"),
        (
            "opening perf event: creating perf_kprobe PMU: token vfs_x: not found: no such file or directory",
            "attach-target-missing"
        ),
        (
            "cannot attach kprobe, Operation not permitted\nException: Failed to attach BPF program b'hit' to kprobe b'vfs_read'",
            "attach-permission"
        ),
        ("attach cgroup: can't attach program: operation not permitted", "cgroup-exclusive"),
        ("failed to attach link: create link: device or resource busy", "attach-busy"),
        ("could not attach: create tracing link: invalid argument", "attach-unsupported"),
        ("bpf: Attaching prog to ens3: Operation not supported", "attach-driver"),
        ("sched_ext: BPF scheduler \"tiny\" disabled (runnable task stall)", "scx-disabled"),
    ])
    func messagesOfLoadersAndAttachments(text: String, id: String) {
        #expect(Catalogue.bundled.cause(ofText: text)?.id == id)
    }

    /// What a tool writes last is often only a summary of what stands above it.
    @Test(arguments: [
        ("libbpf: failed to load object 'hit.o'\nError: failed to load object file", "not-init"),
        ("libbpf: failed to load BPF skeleton 'hit_bpf': -13\nfailed to load BPF object", "not-init"),
        ("ERROR: Error loading BPF program for begin.\nERROR: Loading BPF object(s) failed.", "not-init"),
        ("bpf: Failed to load program: Permission denied", "not-init"),
        ("Unable to load program", "not-init"),
    ])
    func theVerifierGoesBeforeTheSummary(end: String, id: String) {
        let log = "0: (95) exit\nR0 !read_ok\nprocessed 1 insns (limit 1000000) max_states_per_insn 0 total_states 0\n"
        let framed = "libbpf: prog 'hit': -- BEGIN PROG LOAD LOG --\n\(log)-- END PROG LOAD LOG --\n\(end)\n"
        #expect(Catalogue.bundled.cause(ofText: framed)?.id == id)
    }
}
