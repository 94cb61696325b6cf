/// Objects that loaders treat differently, as C.
enum AyaObjects {
    /// The layout that Aya's programs have: map definitions as records in the section `maps`, and no licence, for which Aya takes "GPL".
    static let legacyMaps = """
        #include <linux/bpf.h>
        #include <bpf/bpf_helpers.h>
        struct bpf_map_def { unsigned type, key_size, value_size, max_entries, flags, id, pinning; };
        struct bpf_map_def lines SEC("maps") = {BPF_MAP_TYPE_PERF_EVENT_ARRAY, 4, 4, 0, 0, 0, 0};
        struct registers { unsigned long values[21]; };
        SEC("uretprobe//bin/bash:readline") int on_line(struct registers *registers)
        {
            char line[80] = {};
            bpf_probe_read_str(line, sizeof(line), (void *)registers->values[10]);
            bpf_perf_event_output(registers, &lines, BPF_F_CURRENT_CPU, line, sizeof(line));
            return 0;
        }
        """

    /// A constant that the application sets before the load, and so a map `.rodata`.
    static let globalData = """
        #include <linux/bpf.h>
        #include <bpf/bpf_helpers.h>
        struct bpf_map_def { unsigned type, key_size, value_size, max_entries, flags, id, pinning; };
        struct bpf_map_def counts SEC("maps") = {BPF_MAP_TYPE_ARRAY, 4, 8, 1, 0, 0, 0};
        const volatile int limit = 3;
        SEC("kprobe/do_exit") int on_exit(void *context)
        {
            int key = 0;
            long *count = bpf_map_lookup_elem(&counts, &key);
            if (count && *count < limit)
                *count += 1;
            return 0;
        }
        """

    /// Two perf event arrays, of which one is aya-log's: a record of "it fired" and the number 42.
    static let logging = """
        #include <linux/bpf.h>
        #include <bpf/bpf_helpers.h>
        char LICENSE[] SEC("license") = "GPL";
        #define EVENTS(name) struct { __uint(type, BPF_MAP_TYPE_PERF_EVENT_ARRAY); __type(key, int); __type(value, int); } \\
            name SEC(".maps")
        EVENTS(AYA_LOGS);
        EVENTS(lines);
        #define FIELD(kind, length) kind, length, 0
        SEC("kprobe/do_exit") int on_event(void *context)
        {
            char process[16];
            char record[] = {
                FIELD(1, 5), 'p', 'r', 'o', 'b', 'e',   FIELD(2, 1), 3,   FIELD(3, 1), 'm',   FIELD(4, 1), 'f',
                FIELD(5, 4), 7, 0, 0, 0,   FIELD(6, 8), 2, 0, 0, 0, 0, 0, 0, 0,
                FIELD(18, 9), 'i', 't', ' ', 'f', 'i', 'r', 'e', 'd', ' ',   FIELD(8, 4), 42, 0, 0, 0,
            };
            bpf_get_current_comm(process, sizeof(process));
            bpf_perf_event_output(context, &AYA_LOGS, BPF_F_CURRENT_CPU, record, sizeof(record));
            bpf_perf_event_output(context, &lines, BPF_F_CURRENT_CPU, process, sizeof(process));
            return 0;
        }
        """

    /// A map for which Aya has no type.
    static let cgroupArray = """
        #include <linux/bpf.h>
        #include <bpf/bpf_helpers.h>
        char LICENSE[] SEC("license") = "GPL";
        struct { __uint(type, BPF_MAP_TYPE_CGROUP_ARRAY); __uint(max_entries, 1); __uint(key_size, 4); __uint(value_size, 4); }
            groups SEC(".maps");
        SEC("kprobe/do_exit") int on_event(void *context) { return bpf_current_task_under_cgroup(&groups, 0); }
        """

    /// A register that was never written, and a valid program next to it.
    static let refused = """
        #include <linux/bpf.h>
        #include <bpf/bpf_helpers.h>
        char LICENSE[] SEC("license") = "GPL";
        SEC("kprobe/do_exit") __attribute__((naked)) int on_event(void *context)
        {
            asm volatile("r0 = r5; exit;" ::: "r0");
        }
        SEC("kprobe/do_exit") int sound(void *context) { return 0; }
        """
}
