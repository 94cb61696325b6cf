import Glibc
import MatrixModel
import MatrixRunner

/// Cells of the loader of cilium/ebpf, which wants each section to name its target.
extension StageCell {
    private static let line = "echo typed-line"
    private static let ended = StagePlan.Trigger.shell("true")
    private static let packet = StagePlan.Trigger.shell("echo hello >/dev/udp/127.0.0.1/9")
    private static let fromBash = StagePlan.Event(contains: "bash")
    private static let marked = StagePlan.Event(map: "marks", contains: "it fired")

    private static func mark(
        _ name: String, _ section: String, returning value: Int = 0, _ trigger: StagePlan.Trigger = ended,
        since: KernelRelease
    ) -> StageCell {
        StageCell(name, StageSource.marking(section, returning: value), .attach(nil, trigger, marked), since: since)
    }

    private static let ciliumTracing = [
        StageCell("readline", StageSource.readline, .attach(nil, .type(line), StagePlan.Event(contains: line))),
        StageCell("kprobe", StageSource.sending("kprobe/do_exit"), .attach(nil, ended, fromBash)),
        StageCell("kprobe at offset", StageSource.sending("kprobe/none"), .attach("do_exit+0", ended, fromBash)),
        StageCell(
            "kretprobe", StageSource.sending("kretprobe/vfs_write"),
            .attach(nil, .shell("echo >/dev/null"), fromBash)),
        StageCell("uprobe", StageSource.sending("uprobe//bin/bash:readline"), .attach(nil, .type(line), fromBash)),
        StageCell(
            "tracepoint", StageSource.counting("tracepoint/sched/sched_process_exit"),
            .attach(nil, ended, StagePlan.Event(map: "counts", contains: "bash"))),
        StageCell(
            "raw tracepoint", StageSource.sending("raw_tp/sched_process_exit"), .attach(nil, ended, fromBash),
            since: KernelRelease(4, 17)),
        StageCell(
            "ring buffer", StageSource.ringing("kprobe/do_exit"), .attach(nil, ended, fromBash),
            since: KernelRelease(5, 8)),
        StageCell(
            "value of each processor", StageSource.marking("kprobe/do_exit", map: "PERCPU_ARRAY"),
            .attach(nil, ended, marked)),
        StageCell(
            "perf event", StageSource.sending("perf_event"),
            .attach("cpu-clock", .shell("for i in {1..9999}; do :; done"), StagePlan.Event())),
        StageCell(
            "iterator", StageSource.iterator, .attach(nil, nil, StagePlan.Event(contains: "a task")),
            since: KernelRelease(5, 8)),
        mark("fentry", "fentry/do_exit", since: KernelRelease(5, 5)),
        mark("fexit", "fexit/vfs_write", .shell("echo >/dev/null"), since: KernelRelease(5, 5)),
        // Ubuntu 22.04 leaves the bpf LSM out.
        StageCell(
            "LSM", StageSource.marking("lsm/file_open"), .attach(nil, ended, marked), since: KernelRelease(5, 7),
            .fails(.fire, errno: ETIMEDOUT)),
        mark("tp_btf", "tp_btf/sched_process_exit", since: KernelRelease(5, 5)),
    ]

    private static let ciliumNetworking = [
        // By a link, which interfaces have since 5.9.
        mark("XDP", "xdp", returning: 2, packet, since: KernelRelease(5, 9)),
        // The library gives each its attach type, which the kernel knows since 4.17, also where libbpf leaves it out.
        mark("cgroup_skb", "cgroup_skb/egress", returning: 1, packet, since: KernelRelease(4, 17)),
        mark("cgroup/connect4", "cgroup/connect4", returning: 1, packet, since: KernelRelease(4, 17)),
        mark("sock_ops", "sockops", returning: 1, .shell("echo >/dev/tcp/127.0.0.1/9"), since: KernelRelease(4, 17)),
        mark("socket filter", "socket", returning: 1, packet, since: KernelRelease(3, 19)),
        mark("sk_lookup", "sk_lookup/any", returning: 1, packet, since: KernelRelease(5, 9)),
        StageCell(
            "tc", StageSource.marking("tc"), .attach("lo/ingress", packet, marked),
            .notMeasured(because: "cannot attach programs of type sched_cls")),
    ]

    private static let ciliumFailing = [
        StageCell(
            "another text", StageSource.readline,
            .attach(nil, .type(line), StagePlan.Event(contains: "something else")),
            .fails(.fire, errno: EBADMSG)),
        StageCell(
            "no event", StageSource.sending("kprobe/panic"), .attach(nil, ended, StagePlan.Event()),
            .fails(.fire, errno: ETIMEDOUT)),
        StageCell(
            "no such function", StageSource.sending("kprobe/no_such_function"), .attach(),
            .fails(.attach, errno: ENOENT)),
        StageCell(
            "no such function of bash", StageSource.sending("uprobe//bin/bash:no_such_function"), .attach(),
            .fails(.attach, errno: EINVAL)),
        StageCell(
            "no such map", StageSource.sending("kprobe/do_exit"), .attach(nil, ended, StagePlan.Event(map: "absent")),
            .notMeasured(because: "no map 'absent'")),
        StageCell(
            "no such interface", StageSource.marking("xdp", returning: 2), .attach("eth0", packet, marked),
            since: KernelRelease(4, 17), .notMeasured(because: "no interface 'eth0'")),
    ]

    static let cilium =
        ciliumTracing + ciliumNetworking + ciliumFailing + failing.filter { ofAnyLoader.contains($0.name) }
    private static let ofAnyLoader = ["event at the second trigger", "trigger that never ends", "what is left"]
}
