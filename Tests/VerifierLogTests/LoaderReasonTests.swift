import MatrixModel
import Testing

@testable import VerifierLog

/// Failures that a loader, the system or another program decided, in texts that are made up in their form.
@Suite struct LoaderReasonTests {
    @Test(arguments: [
        // bcc takes every EPERM for missing privileges.
        (
            "# id -u\n0\nTraceback (most recent call last):\n  File \"hit.py\", line 2, in <module>\n"
                + "Exception: Need super-user privileges to run", "need-privileges.guessed"
        ),
        ("hit: this must be run as root", "need-privileges"),
        (
            "libbpf: failed to iterate BTF objects: -1\n"
                + "libbpf: prog 'hit': relo #3: target candidate search failed for [7] struct hit_info: -1\n"
                + "libbpf: failed to perform CO-RE relocations: -1\nlibbpf: failed to load object 'hit_bpf'",
            "permission.module-btf"
        ),
        (
            "libbpf: failed to get BTF object #4 FD: -EPERM\nlibbpf: failed to perform CO-RE relocations: -EPERM",
            "permission.module-btf"
        ),
        (
            "audit: type=1400 audit(1700000000.1:7): apparmor=\"DENIED\" operation=\"capable\" profile=\"hit\" "
                + "comm=\"hit\" capability=39 capname=\"bpf\"", "lsm-denied"
        ),
        ("avc:  denied  { map_create } for  pid=7 comm=\"hit\" tclass=bpf permissive=0", "lsm-denied"),
        ("type=SECCOMP msg=audit(1.2:3): comm=\"hit\" arch=c00000b7 syscall=280 code=0x80000000", "seccomp-denied"),
        ("hit: setrlimit failed", "memlock-limit.refused"),
        ("couldn't adjust RLIMIT_MEMLOCK: operation not permitted", "memlock-limit.refused"),
        ("libbpf: object 'hit': failed (-95) to create BPF token from '/run/hit'", "token-create"),
    ])
    func aRefusalNamesWhoRefuses(text: String, id: String) {
        #expect(Catalogue.bundled.cause(ofText: text + "\n")?.id == id)
    }

    /// SELinux also reports what it would deny if it were enforcing.
    @Test func aDenialThatIsOnlyReportedDecidesNothing() {
        let line = "avc:  denied  { map_create } for  pid=7 comm=\"hit\" tclass=bpf permissive=1"
        #expect(Catalogue.bundled.entry(matching: line) == nil)
    }

    @Test(arguments: [
        ("libbpf: failed to open perf buffer event on cpu #9: No such device", "perf-buffer-open.offline"),
        ("hit: perf_event_open: No such device", "perf-buffer-open.offline"),
        (
            "Error: could not sample\n\nCaused by:\n    0: perf_event_open failed\n    1: No such device (os error 19)",
            "perf-buffer-open.offline"
        ),
        ("can't open perf event for cpu 90: too many open files", "too-many-files.open"),
        ("perf_event_open(PERF_COUNT_HW_INSTRUCTIONS): Operation not supported", "perf-buffer-open.counter"),
        ("perf_event_open(/sys/kernel/tracing/events/uprobes/hit/id): Interrupted system call", "perf-buffer-open"),
        (
            "libbpf: prog 'hit': invalid perf event FD -1\nlibbpf: prog 'hit': invalid perf event FD -1",
            "perf-event-descriptor.call"
        ),
        (
            "libbpf: prog 'hit': failed to attach to perf_event FD 700: Inappropriate ioctl for device",
            "perf-event-descriptor"
        ),
    ])
    func aPerfEventFailsByItsErrno(text: String, id: String) {
        #expect(Catalogue.bundled.cause(ofText: text + "\n")?.id == id)
    }

    @Test(arguments: [
        (
            "libbpf: failed to add legacy kprobe event for 'do_hit+0x8': No such file or directory",
            "attach-target-missing.legacy"
        ),
        ("libbpf: failed to add legacy uprobe event for '/opt/hit:0x80': -ENOENT", "attach-target-missing.legacy"),
        (
            "create_probe_event: open(/sys/kernel/tracing/kprobe_events): Permission denied\n"
                + "Exception: Failed to attach BPF program b'hit' to kprobe b'__x64_sys_open'", "tracefs-denied"
        ),
        (
            "write(/sys/kernel/tracing/kprobe_events, \"p:kprobes/p_hit nf_hit\") failed: Device or resource busy\n"
                + "Exception: Failed to attach BPF program b'hit' to kprobe b'nf_hook_slow'", "kprobe-stale"
        ),
        (
            "couldn't start probe: couldn't enable kprobe hit: no such file or directory",
            "attach-target-missing.manager"
        ),
        (
            "couldn't start manager: event name too long (kernel limit MAX_EVENT_NAME_LEN is 64): 'p_hit'",
            "probe-register.name"
        ),
        ("libbpf: prog 'hit': failed to create uprobe '/opt/hit:0x80' perf event: Input/output error", "uprobe-attach"),
    ])
    func aProbeSaysWhatItLacks(text: String, id: String) {
        #expect(Catalogue.bundled.cause(ofText: text + "\n")?.id == id)
    }

    @Test(arguments: [
        ("Device or resource busy (os error 16)", "struct-ops-attach.busy"),
        ("File exists (os error 17)", "struct-ops-attach.name"),
        ("Invalid argument (os error 22)", "struct-ops-attach"),
    ])
    func structOpsAreRefusedByTheirErrno(answer: String, id: String) {
        let text = "Error: failed to attach struct_ops\n\nCaused by:\n    \(answer)\n"
        #expect(Catalogue.bundled.cause(ofText: text)?.id == id)
    }

    /// What a scheduler attaches besides is refused for other reasons.
    @Test func aProgramBesideStructOpsKeepsItsOwnReason() {
        let text =
            "libbpf: prog 'fentry_hit': failed to attach: Device or resource busy\n"
            + "Error: Failed to attach non-struct_ops BPF programs\n"
        #expect(Catalogue.bundled.cause(ofText: text)?.id == "attach-function-taken")
    }

    @Test(arguments: [
        // libbpf before 1.0 goes on after it.
        (
            "libbpf: prog 'tail_hit': unrecognized ELF section name '2/7'\n"
                + "libbpf: Error in bpf_object__probe_loading():Operation not permitted(1). Couldn't load trivial BPF "
                + "program. Make sure your kernel supports BPF\nUnable to load program", "libbpf-nobpf"
        ),
        (
            "libbpf: failed to guess program type from ELF section 'hit'\n"
                + "libbpf: supported section(type) names are: socket kprobe/ xdp", "libbpf-sec"
        ),
        (
            "libbpf: prog 'xdp_dispatcher': missing BPF prog type, check ELF section name 'xdp/dispatcher'\n"
                + "libbpf: prog 'xdp_dispatcher': failed to load: -22", "libbpf-sec.dispatcher"
        ),
        ("libbpf: hit.o doesn't provide kernel version\nhit: cannot load hit.o", "libbpf-kernel-version"),
        ("libbpf: hit.o is not an eBPF object file", "libbpf-object"),
        ("libbpf: Error: endianness mismatch.", "libbpf-object"),
        (
            "libbpf: bpf: relocation: kernel does not support global 'hits' variable access in insns[4]",
            "global-data-old"
        ),
        (
            "libbpf: Error in bpf_object__probe_loading():Operation not permitted(1). Couldn't load basic 'r0 = 0' BPF program.",
            "libbpf-nobpf"
        ),
        ("libbpf: failed to guess program type based on ELF section name 'hit'", "libbpf-sec"),
        ("Error: status: Aborted, message: \"error parsing BPF object\", details: []", "aya-parse"),
        ("couldn't find program hit_open: unknown section or eBPF function name", "cil-name-missing"),
        ("couldn't find map at maps/hits: unknown section", "cil-name-missing"),
    ])
    func anObjectSaysWhatIsWrongWithIt(text: String, id: String) {
        #expect(Catalogue.bundled.cause(ofText: text + "\n")?.id == id)
    }

    @Test(arguments: [
        (
            "libbpf: Unsupported BTF_KIND:19\nlibbpf: loading kernel BTF '/sys/kernel/btf/vmlinux': -22\n"
                + "libbpf: failed to find valid kernel BTF\nlibbpf: Error loading vmlinux BTF: -3", "kernel-btf-newer"
        ),
        ("hit.cpp: 9 msg: libbpf: Unsupported BTF_KIND:18", "kernel-btf-newer"),
        ("libbpf: extern (var ksym) 'hit_total': not found in kernel BTF", "libbpf-ksym.variable"),
        ("libbpf: extern (func ksym) 'bpf_hit': not found in kernel or module BTFs", "libbpf-ksym"),
        (
            "bpf(BPF_MAP_CREATE, {map_type=BPF_MAP_TYPE_ARRAY, key_size=4, value_size=4, max_entries=1, "
                + "map_flags=BPF_F_MMAPABLE, map_name=\"hit.bss\"}, 72) = -1 EINVAL (Invalid argument)",
            "map-create-invalid.flag"
        ),
        ("Error: bpf obj get (/sys/fs/bpf/hit): No such file or directory", "pin-missing"),
    ])
    func whatTheKernelLacksIsNamed(text: String, id: String) {
        #expect(Catalogue.bundled.cause(ofText: text + "\n")?.id == id)
    }

    @Test(arguments: [
        ("Error: either \"dev\" is duplicate, or \"xdpdrv\" is garbage.", "iproute2-old"),
        ("What is \"direct-action\"?", "iproute2-old"),
        ("RTNETLINK answers: Invalid argument\nWe have an error talking to the kernel", "tc-kernel.invalid"),
        ("creating netkit device: operation not supported", "netkit-missing"),
        (
            "[   12.345678] bond1: (slave eth3): Error -95 calling ndo_bpf\n"
                + "hit: interface bond1: attaching program hit_xdp: create link: invalid argument", "xdp-bond"
        ),
        ("hit: interface eth3: attaching program hit_xdp: create link: invalid argument", "attach-unsupported.xdp"),
        ("libbpf: prog 'trace_xdp': failed to attach: Invalid argument", "attach-unsupported"),
        (
            "Error: use XdpFlags::SKB_MODE\n\nCaused by:\n    0: netlink error while attaching XDP program\n"
                + "    1: Invalid argument (os error 22)", "xdp-attach-invalid"
        ),
        (
            "Error: XdpFlags::DRV_MODE\n\nCaused by:\n    0: netlink error while attaching XDP program\n"
                + "    1: Operation not supported (os error 95)", "xdp-attach-unsupported"
        ),
        ("libbpf: can't get next link: Invalid argument", "link-scan"),
    ])
    func anInterfaceRefusesForAReason(text: String, id: String) {
        #expect(Catalogue.bundled.cause(ofText: text + "\n")?.id == id)
    }

    @Test(arguments: [
        ("bpf_prog_query(BPF_CGROUP_DEVICE) failed: invalid argument", "cgroup-device.kernel"),
        ("bpf_prog_query(BPF_CGROUP_DEVICE) failed: function not implemented", "cgroup-device.no-bpf"),
        ("bpf_prog_query(BPF_CGROUP_DEVICE) failed: operation not permitted", "cgroup-device"),
        (
            "failed to call BPF_PROG_ATTACH (BPF_CGROUP_DEVICE, BPF_F_ALLOW_MULTI): can't attach program: invalid argument",
            "cgroup-device.replace"
        ),
        (
            "failed to call BPF_PROG_ATTACH (BPF_CGROUP_DEVICE, BPF_F_ALLOW_MULTI): argument list too long",
            "cgroup-device.too-many"
        ),
        (
            "error setting cgroup config for procHooks process: load program: invalid argument: unknown",
            "cgroup-device.load"
        ),
        ("crun: bpf attach: Operation not permitted", "cgroup-device"),
        (
            "Error: can't query bpf programs attached to /sys/fs/cgroup/hit: No such device or address",
            "cgroup-attach.query"
        ),
        ("Error: can't query bpf programs attached to /sys/fs/cgroup/hit: Bad file descriptor", "cgroup-attach"),
        ("hit: cgroup2 is not mounted", "cgroup-attach.v2-missing"),
    ])
    func aCgroupRefusesForAReason(text: String, id: String) {
        #expect(Catalogue.bundled.cause(ofText: text + "\n")?.id == id)
    }

    /// What libraries for Rust and Go that few use say in words of their own.
    @Test(arguments: [
        ("thread 'main' panicked at 'error on Loader::load: ParseError(Reloc)', src/main.rs:3:7", "redbpf-reloc"),
        ("LoadElf() failed: loadPrograms() failed: Invalid RELO offset 64", "redbpf-reloc"),
        ("Error: ParseError(Section(\"kprobe/hit\"))", "redbpf-parse"),
        (
            "ERROR redbpf: error on bpf_create_map_xattr. failed to load map `hits`: Operation not permitted (os error 1)\n"
                + "Error: ParseError(Map)", "map-create-permission"
        ),
        ("loadAndCreateMaps() failed: Map name 'hits_of_the_day' is too long", "redbpf-map"),
        ("Error: SymbolNotFound(\"do_hit\")", "uprobe-symbol"),
        ("error attaching xdp to interface #4: Operation not supported (os error 95)", "xdp-attach-unsupported"),
        ("LinkSetXdpFd() failed: invalid argument", "xdp-attach-invalid"),
        ("failed to attach xdp on device eth3 to program hit: device or resource busy", "xdp-taken"),
        ("error on bpf_obj_pin: Permission denied (os error 13)", "pin-failed.denied"),
        ("ebpf_obj_get() failed: no such file or directory", "pin-missing"),
        ("LinkByName() failed: Link not found", "interface-missing"),
        ("failed to get perf event hits: failed to find BPF map hits: no such file or directory", "name-missing"),
        (
            "failed to attach USDT probe to marker hit:go in program hit with pid 3: no such file or directory",
            "usdt-attach"
        ),
        ("failed to initialize ring buffer: invalid argument", "ring-buffer-open"),
        ("failed to open BPF object at path hit.o: no such file or directory", "object-file"),
        ("Error: pmu_fd: Operation not permitted", "perf-buffer-open.permission"),
        ("Value-size mismatch for BPF map file-path=/sys/fs/bpf/hits new=4 old=8", "pinned-map-mismatch"),
    ])
    func otherLibrariesAreUnderstood(text: String, id: String) {
        #expect(Catalogue.bundled.cause(ofText: text + "\n")?.id == id)
    }

    /// The kernel and tools remark on what is no failure.
    @Test(arguments: [
        ("trace_uprobe: Event uprobes/p_hit doesn't exist.", "kprobe-event-gone"),
        (
            "virtio_net virtio2 eth3: XDP request 8 queues but max is 4. XDP_TX and XDP_REDIRECT will operate in a slower "
                + "locked tx mode.", "xdp-queues.shared"
        ),
        ("virtio_net virtio2 eth3: request 8 queues but max is 4", "xdp-queues"),
    ])
    func aRemarkGivesWayToAFailure(line: String, id: String) {
        #expect(Catalogue.bundled.cause(ofText: line + "\n")?.id == id)
        let failure = Catalogue.bundled.cause(ofText: line + "\nlibbpf: map 'hits': failed to create: -EINVAL\n")
        #expect(id == "xdp-queues" || failure?.id == "libbpf-map-create")
    }

    /// The last link of a chain of errors is what failed, and its errno says why.
    @Test(arguments: [
        ("cannot attach hit: loading \"hit.bpf.o\": failed to load BPF object: no such process", "no-target.load"),
        (
            "libbpf: failed to find valid kernel BTF\nattaching hit: failed to load BPF object: no such process",
            "target-btf"
        ),
        ("bind eth9: attach program to filter egress: invalid argument", "tc-filter-invalid"),
        ("bind eth9: attach program to filter ingress: no such file or directory", "tc-qdisc-missing"),
        ("hit: failed to create bpf fs subpath: mkdir /sys/fs/bpf/hit: permission denied", "pin-failed.denied"),
        ("hit: failed to create bpf fs subpath: mkdir /sys/fs/bpf/hit: no such file or directory", "bpffs"),
        ("perf_event_open: No such file or directory", "perf-buffer-open.event"),
        ("perf_event_open failed: No such file or directory", "perf-buffer-open.event"),
        ("attach hits: failed to open bpf perf event: no such file or directory", "perf-buffer-open.event"),
        (
            "libbpf: prog 'hit': failed to create kprobe 'hit_me+0x0' perf event: No such file or directory",
            "attach-target-missing"
        ),
        ("start hit: read symbols: unable to read kallsyms addresses - check capabilities", "kptr-restrict.symbols"),
        ("failed to load kallsyms", "kptr-restrict.symbols"),
    ])
    func theErrnoOfTheLastStepDecides(text: String, id: String) {
        #expect(Catalogue.bundled.cause(ofText: text + "\n")?.id == id)
    }

    @Test func aDescriptorIsNoErrno() {
        #expect(StatedError(in: Line("invalid perf event FD -1")) == nil)
        #expect(StatedError(in: Line("prog_fd=-1 was passed")) == nil)
        #expect(StatedError(in: Line("failed to load program: -22"))?.errno == 22)
    }

    /// Go writes errors in lower case; other programs say the same words in front of a path.
    @Test(arguments: [
        ("field Hit: program hit: load program: invalid argument", SpeakingLoader.cilium),
        ("load program: permission denied: 3: (79) r0 = *(u64 *)(r1 +0)", SpeakingLoader.cilium),
        ("ERROR: Cannot load program: /usr/lib/hit.o (errno 22, Invalid argument)", nil),
    ])
    func onlyGoWritesOfALoadInLowerCase(line: String, loader: SpeakingLoader?) {
        #expect(SpeakingLoader(in: [Line(Substring(line))]) == loader)
    }

    /// The program was verified, and another part of the kernel refused it.
    @Test func aRefusalAfterTheVerifierIsOfAPolicy() throws {
        let text =
            "-- BEGIN PROG LOAD LOG --\nprocessed 43 insns (limit 1000000) max_states_per_insn 0 total_states 4 "
            + "peak_states 4 mark_read 1\n-- END PROG LOAD LOG --\nError: bpf_load_program() of hit: Operation not permitted\n"
        let told = try #require(Catalogue.bundled.diagnosis(of: LogSummary(of: text))).explanation
        #expect(told.suggestion.contains("audit log") && told.reason.contains("went through the program"))
        let other = text.replacing("Operation not permitted", with: "Invalid argument")
        let compared = try #require(Catalogue.bundled.diagnosis(of: LogSummary(of: other))).explanation
        #expect(!compared.suggestion.contains("audit log"))
    }
}
