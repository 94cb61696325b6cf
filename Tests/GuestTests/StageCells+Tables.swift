import Glibc
import MatrixModel
import MatrixRunner

extension StageCell {
    private static let line = "echo typed-line"
    private static let ended = StagePlan.Trigger.shell("true")
    private static let packet = StagePlan.Trigger.shell("echo hello >/dev/udp/127.0.0.1/9")
    private static let fromBash = StagePlan.Event(contains: "bash")
    private static let everyCall = StageSource.sending("tracepoint/raw_syscalls/sys_enter")
    private static let marked = StagePlan.Event(map: "marks", contains: "it fired")

    /// A cell of one program that leaves a mark.
    private static func mark(
        _ name: String, _ section: String, returning value: Int = 0, at target: String? = nil,
        _ trigger: StagePlan.Trigger = ended, since: KernelRelease
    ) -> StageCell {
        StageCell(
            name, StageSource.marking(section, returning: value), .attach(target, trigger, marked), since: since)
    }

    static let tracing = [
        StageCell("readline", StageSource.readline, .attach(nil, .type(line), StagePlan.Event(contains: line))),
        StageCell("kprobe", StageSource.sending("kprobe/do_exit"), .attach(nil, ended, fromBash)),
        StageCell("kprobe at offset", StageSource.sending("kprobe"), .attach("do_exit+0", ended, fromBash)),
        StageCell(
            "kretprobe", StageSource.sending("kretprobe"), .attach("vfs_write", .shell("echo >/dev/null"), fromBash)),
        StageCell("uprobe", StageSource.sending("uprobe"), .attach("/bin/bash:readline", .type(line), fromBash)),
        StageCell(
            "tracepoint", StageSource.sending("tracepoint/sched/sched_process_exit"), .attach(nil, ended, fromBash)),
        StageCell(
            "tracepoint by name", StageSource.counting("tracepoint"),
            .attach("sched/sched_process_exit", ended, StagePlan.Event(map: "counts", contains: "bash"))),
        StageCell(
            "raw tracepoint", StageSource.sending("raw_tp"), .attach("sched_process_exit", ended, fromBash),
            since: KernelRelease(4, 17)),
        StageCell(
            "ring buffer", StageSource.ringing("kprobe/do_exit"), .attach(nil, ended, fromBash),
            since: KernelRelease(5, 8)),
        StageCell(
            "value of each processor", StageSource.marking("kprobe/do_exit", map: "PERCPU_ARRAY"),
            .attach(nil, ended, marked)),
        StageCell(
            "perf event", StageSource.sending("perf_event"),
            .attach(
                "cpu-clock", .shell("for i in {1..9999}; do :; done"),
                StagePlan.Event())),
        StageCell(
            "iterator", StageSource.iterator, .attach(nil, nil, StagePlan.Event(contains: "a task")),
            since: KernelRelease(5, 8)),
        StageCell(
            "kprobe.multi", StageSource.sending("kprobe.multi/do_exit"), .attach(nil, ended, fromBash),
            since: KernelRelease(6, 12)),
        StageCell(
            "uprobe.multi", StageSource.sending("uprobe.multi//bin/bash:readline"), .attach(nil, .type(line), fromBash),
            since: KernelRelease(6, 6)),
        mark("fentry", "fentry", at: "do_exit", since: KernelRelease(5, 5)),
        mark("fexit", "fexit/vfs_write", .shell("echo >/dev/null"), since: KernelRelease(5, 5)),
        mark("fmod_ret", "fmod_ret/security_file_open", since: KernelRelease(5, 7)),
        mark("LSM", "lsm/file_open", since: KernelRelease(5, 7)),
        mark("tp_btf", "tp_btf", at: "sched_process_exit", since: KernelRelease(5, 5)),
        StageCell(
            "struct_ops", StageSource.structOps, .attach(), since: KernelRelease(5, 6), .reaches(.attach)),
    ]

    static let networking = [
        mark("XDP", "xdp", returning: 2, at: "lo", packet, since: KernelRelease(4, 12)),
        mark("tcx", "tcx/egress", at: "lo/egress", packet, since: KernelRelease(6, 6)),
        mark("cgroup_skb", "cgroup_skb/egress", returning: 1, packet, since: KernelRelease(4, 10)),
        mark("cgroup/connect4", "cgroup/connect4", returning: 1, packet, since: KernelRelease(4, 17)),
        mark("cgroup/dev", "cgroup/dev", returning: 1, .shell(": </dev/zero"), since: KernelRelease(4, 15)),
        mark(
            "cgroup/sysctl", "cgroup/sysctl", returning: 1, .shell("read x </proc/sys/kernel/ostype"),
            since: KernelRelease(5, 2)),
        mark("sock_ops", "sockops", returning: 1, .shell("echo >/dev/tcp/127.0.0.1/9"), since: KernelRelease(4, 13)),
        mark("socket filter", "socket", returning: 1, packet, since: KernelRelease(3, 19)),
        mark("sk_lookup", "sk_lookup", returning: 1, packet, since: KernelRelease(5, 9)),
        StageCell(
            "tc", StageSource.marking("tc"), .attach("lo/ingress", packet, marked),
            .notMeasured(because: "sch_ingress and cls_bpf")),
    ]

    static let tracefs = [
        StageCell(
            "tracefs: readline", nil,
            .tracefs(
                .uretprobe, "/bin/bash:readline", fetch: "line=+0($retval):string", .type(line),
                StagePlan.Event(contains: line))),
        StageCell(
            "tracefs: kprobe", nil,
            .tracefs(.kprobe, "do_exit", fetch: "code=%di", .shell("exit 3"), StagePlan.Event(contains: "code=0x300"))),
    ]

    /// What does not come to an event, and what the cells after it must not notice.
    static let failing = [
        StageCell(
            "another text", StageSource.readline,
            .attach(nil, .type(line), StagePlan.Event(contains: "something else")),
            .fails(.fire, errno: EBADMSG)),
        StageCell(
            "no event", StageSource.sending("kprobe/panic"), .attach(nil, ended, StagePlan.Event()),
            .fails(.fire, errno: ETIMEDOUT)),
        StageCell(
            "event at the second trigger", StageSource.sending("kprobe/do_exit"),
            .attach(
                nil, .shell("[[ -e /second ]] && (echo second >/proc/$BASHPID/comm); : >/second"),
                StagePlan.Event(contains: "second"))),
        StageCell(
            "tracefs: event at the second trigger", nil,
            .tracefs(
                .kprobe, "do_exit", fetch: "code=%di", .shell("[[ -e /tracefs ]] && exit 3; : >/tracefs"),
                StagePlan.Event(contains: "code=0x300"))),
        StageCell(
            "trigger that never ends", StageSource.sending("kprobe/panic"),
            .attach(nil, .shell("while :; do :; done"), StagePlan.Event()), .notMeasured(because: "did not end within")),
        // Each system call of the guest is an event, those of the loader that reads them too.
        StageCell(
            "event of the loader itself", everyCall, .attach(nil, ended, StagePlan.Event(contains: "loader-libbpf"))),
        StageCell(
            "flood from a trigger that never ends", everyCall,
            .attach(nil, .shell("while :; do echo; done >/dev/null"), StagePlan.Event(contains: "something else")),
            .notMeasured(because: "did not end within")),
        StageCell(
            "no such function", StageSource.sending("kprobe/no_such_function"), .attach(),
            .fails(.attach, errno: ENOENT)),
        StageCell(
            "tracefs: no such function", nil,
            .tracefs(.uprobe, "/bin/bash:no_such_function", ended, StagePlan.Event()), .fails(.attach, errno: ENOENT)),
        StageCell(
            "no such map", StageSource.sending("kprobe/do_exit"), .attach(nil, ended, StagePlan.Event(map: "absent")),
            .notMeasured(because: "no map 'absent'")),
        StageCell(
            "no such interface", StageSource.marking("xdp", returning: 2), .attach("eth0", packet, marked),
            .notMeasured(because: "no interface 'eth0'")),
        // Its shell finds the loaders by their names, the resident ones with the one of the cell, and leaves a process behind.
        StageCell(
            "loader that dies",
            StageSource.marking("cgroup_skb/egress", returning: 1)
                + StageSource.sending("kprobe/do_exit", name: "other"),
            .attach(
                nil,
                .shell(
                    "while :; do :; done & for s in /proc/[0-9]*/stat; do read -r p c _ <$s; "
                        + "[[ $c == '(loader-'* ]] && kill -SEGV $p; done"), marked
            ),
            .notMeasured(because: "signal 11")),
        // Says "clean" by the name of a process where nothing of the cells before is left; the shells of the trigger service
        // are no cell's.
        StageCell(
            "what is left", StageSource.sending("tracepoint/sched/sched_process_exit"),
            .attach(
                nil,
                .shell(
                    "shopt -s nullglob; left=(/sys/fs/cgroup/compat-matrix-*); for f in kprobe uprobe; do "
                        + "left+=($(</sys/kernel/debug/tracing/${f}_events)); done; "
                        + "for p in /proc/[0-9]*; do read -r -d '' c <$p/cmdline; [[ $c == bash ]] || continue; "
                        + "read -r _ _ _ parent _ <$p/stat; read -r name </proc/$parent/comm; "
                        + "[[ $name == triggers ]] || left+=($p); done; "
                        + "((${#left[@]})) || (echo clean >/proc/$BASHPID/comm)"),
                StagePlan.Event(contains: "clean"))),
    ]

    /// Of each kernel; the cells that wait in vain take seconds, so one kernel will do for them: the oldest, on which most
    /// could be left behind.
    static func cells(of kernel: String) -> [StageCell] {
        kernel == "ubuntu-4.15" ? all : tracing + networking + tracefs
    }

    static let all = tracing + networking + tracefs + failing
}
