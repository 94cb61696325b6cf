/// A group of kernel features, in the terms of probe authors.
enum FeatureGroup: CaseIterable {
    case loads, attaches, log
    /// The features of tracefs.
    case withoutBPF

    static let ofBPF: [FeatureGroup] = [.loads, .attaches, .log]

    var label: String {
        switch self {
        case .loads: "loads"
        case .attaches: "attaches with"
        case .log: "verifier log"
        case .withoutBPF: "without BPF"
        }
    }

    /// By the names that the guest's loader uses.
    var features: [(name: String, words: String)] {
        switch self {
        case .loads:
            [
                ("global_data", "global data"), ("mmapable_arrays", "mmap-able arrays"), ("btf_load", "BTF of objects"),
                ("subprograms", "functions"), ("tail_call_in_function", "tail calls in functions"),
                ("bounded_loops", "bounded loops"), ("may_goto", "may_goto"),
                ("million_instructions", "1000000 instructions"), ("cpu_v2", "-mcpu=v2"), ("cpu_v3", "-mcpu=v3"),
                ("cpu_v4", "-mcpu=v4"), ("atomic_fetch", "atomic fetch"), ("load_acquire", "load-acquire"),
                ("sleepable", "sleepable programs"), ("jit", "JIT"),
            ]
        case .attaches:
            [
                ("kprobe_pmu", "kprobe PMU"), ("uprobe_pmu", "uprobe PMU"), ("perf_link", "perf link"),
                ("kprobe_multi", "kprobe.multi"), ("kprobe_session", "kprobe.session"),
                ("uprobe_multi", "uprobe.multi"), ("tracepoint", "tracepoint"), ("raw_tracepoint", "raw tracepoint"),
                ("tp_btf", "tp_btf"), ("perf_event", "perf event"), ("fentry", "fentry"), ("fmod_ret", "fmod_ret"),
                ("lsm", "LSM"), ("lsm_active", "active LSM"), ("iterators", "iterator"), ("cgroup", "cgroup"),
                ("cgroup_link", "cgroup link"), ("xdp", "XDP"), ("xdp_link", "XDP link"), ("tc", "tc"), ("tcx", "tcx"),
                ("netkit", "netkit"), ("netfilter", "netfilter"), ("netns_link", "netns link"),
                ("sockmap", "sockmap"), ("socket_filter", "socket filter"),
            ]
        case .log: [("log_statistics", "statistics"), ("rotating_log", "keeps the end when full")]
        case .withoutBPF: [("kprobe_events", "kprobe events"), ("uprobe_events", "uprobe events")]
        }
    }

    /// The part of `offers` that belongs to the group, with its display names.
    func shown(_ offers: Offers) -> Offers {
        func words(_ names: [String]) -> [String] { features.filter { names.contains($0.name) }.map(\.words) }
        return Offers(
            present: words(offers.present), absent: words(offers.absent), unknown: words(offers.unknown))
    }
}
