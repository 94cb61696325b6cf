import MatrixModel
import MatrixRunner
import SystemPackage

/// A cell of the tests of the stages past the load.
struct StageCell: Sendable {
    /// The expected result.
    enum Outcome: Sendable {
        case reaches(Stage)
        case fails(Stage, errno: Int32)
        /// Nothing was found out about the probe, for a reason that contains this text.
        case notMeasured(because: String)
    }

    var name: String
    /// In C, what follows `StageSource.prelude`; `nil` for an event of tracefs.
    var source: String?
    var plan: StagePlan
    /// Linux before it has no such programs: they fail before they fire.
    var since: KernelRelease
    var outcome: Outcome

    /// The name of its object's file.
    var object: String { name.filter(\.isLetter) + ".bpf.o" }
    var loader: String { source == nil ? "tracefs" : "libbpf" }

    init(
        _ name: String, _ source: String?, _ plan: StagePlan, since: KernelRelease = KernelRelease(3, 10),
        _ outcome: Outcome = .reaches(.fire)
    ) {
        self.name = name
        self.source = source
        self.plan = plan
        self.since = since
        self.outcome = outcome
    }
}

extension StagePlan {
    /// Attaches the program `on_event`, at `target` or where its section says.
    static func attach(_ target: String? = nil, _ trigger: Trigger? = nil, _ event: Event? = nil) -> StagePlan {
        StagePlan(
            .programs(target.map { [Attachment(program: "on_event", target: $0)] } ?? []), trigger: trigger,
            event: event)
    }

    static func tracefs(
        _ kind: TracefsEvent.Kind, _ target: String, fetch: String = "", _ trigger: Trigger, _ event: Event
    ) -> StagePlan {
        StagePlan(.tracefs(TracefsEvent(kind: kind, target: target, fetch: fetch)), trigger: trigger, event: event)
    }
}

/// What the cells' objects are made of.
enum StageSource {
    static let prelude = """
        #include <linux/bpf.h>
        #include <bpf/bpf_helpers.h>
        #include <bpf/bpf_tracing.h>
        char LICENSE[] SEC("license") = "GPL";

        """

    /// Sends the name of the process through a perf event array.
    static func sending(_ section: String, name: String = "on_event") -> String {
        """
        struct { __uint(type, BPF_MAP_TYPE_PERF_EVENT_ARRAY); __type(key, int); __type(value, int); }
            \(name)_lines SEC(".maps");
        SEC("\(section)") int \(name)(void *context)
        {
            char process[16];
            bpf_get_current_comm(process, sizeof(process));
            bpf_perf_event_output(context, &\(name)_lines, BPF_F_CURRENT_CPU, process, sizeof(process));
            return 0;
        }

        """
    }

    /// The same through a ring buffer.
    static func ringing(_ section: String) -> String {
        """
        struct { __uint(type, BPF_MAP_TYPE_RINGBUF); __uint(max_entries, 4096); } ring SEC(".maps");
        SEC("\(section)") int on_event(void *context)
        {
            char process[16];
            bpf_get_current_comm(process, sizeof(process));
            bpf_ringbuf_output(&ring, process, sizeof(process), 0);
            return 0;
        }
        """
    }

    /// Counts by the name of the process.
    static func counting(_ section: String) -> String {
        """
        struct { __uint(type, BPF_MAP_TYPE_HASH); __uint(max_entries, 64); __type(key, char[16]); __type(value, long); }
            counts SEC(".maps");
        SEC("\(section)") int on_event(void *context)
        {
            char process[16];
            long one = 1;
            bpf_get_current_comm(process, sizeof(process));
            bpf_map_update_elem(&counts, process, &one, BPF_ANY);
            return 0;
        }
        """
    }

    /// Leaves "it fired" in an array, which every type of program can, and returns what lets things pass.
    static func marking(_ section: String, returning value: Int = 0, map: String = "ARRAY") -> String {
        """
        struct { __uint(type, BPF_MAP_TYPE_\(map)); __uint(max_entries, 1); __type(key, int); __type(value, char[16]); }
            marks SEC(".maps");
        SEC("\(section)") int on_event(void *context)
        {
            int key = 0;
            char *mark = bpf_map_lookup_elem(&marks, &key);
            if (mark)
                __builtin_memcpy(mark, "it fired", 8);
            return \(value);
        }
        """
    }

    static let readline = """
        struct { __uint(type, BPF_MAP_TYPE_PERF_EVENT_ARRAY); __type(key, int); __type(value, int); } lines SEC(".maps");
        struct registers { unsigned long values[21]; }; // pt_regs of x86-64; the eleventh holds what a function returns.
        SEC("uretprobe//bin/bash:readline") int on_line(struct registers *registers)
        {
            char line[80] = {};
            bpf_probe_read_str(line, sizeof(line), (void *)registers->values[10]);
            bpf_perf_event_output(registers, &lines, BPF_F_CURRENT_CPU, line, sizeof(line));
            return 0;
        }
        """

    static let iterator = """
        struct iterator { struct { struct seq_file *file; } *meta; void *task; };
        SEC("iter/task") int on_event(struct iterator *context)
        {
            char line[] = "a task\\n";
            if (context->task)
                bpf_seq_write(context->meta->file, line, sizeof(line) - 1);
            return 0;
        }
        """

    static let structOps = """
        struct sock;
        struct tcp_congestion_ops {
            __u32 (*ssthresh)(struct sock *);
            void (*cong_avoid)(struct sock *, __u32, __u32);
            __u32 (*undo_cwnd)(struct sock *);
            char name[16];
        };
        SEC("struct_ops") __u32 BPF_PROG(on_ssthresh, struct sock *socket) { return 2; }
        SEC("struct_ops") void BPF_PROG(on_cong_avoid, struct sock *socket, __u32 ack, __u32 acked) { }
        SEC("struct_ops") __u32 BPF_PROG(on_undo_cwnd, struct sock *socket) { return 10; }
        SEC(".struct_ops") struct tcp_congestion_ops ours = {
            .ssthresh = (void *)on_ssthresh, .cong_avoid = (void *)on_cong_avoid, .undo_cwnd = (void *)on_undo_cwnd,
            .name = "compat_matrix",
        };
        """
}
