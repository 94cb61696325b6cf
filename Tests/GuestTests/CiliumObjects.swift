/// An object for the loader of cilium/ebpf, with the expected verdict, stage and errno of its programs on Linux 4.15
/// and 7.3, and the cause of each failure.
struct CiliumObject: Sendable {
    var name: String
    var source: String
    var on415: [String: String]
    var on73: [String: String]

    init(_ name: String, _ source: String, on415: [String: String], on73: [String: String]) {
        self.name = name
        self.source = source
        self.on415 = on415
        self.on73 = on73
    }

    init(_ name: String, _ source: String, _ outcomes: [String: String]) {
        self.init(name, source, on415: outcomes, on73: outcomes)
    }
}

/// Objects that cilium/ebpf and libbpf differ on, as C.
enum CiliumObjects {
    static let all = [
        CiliumObject("maps", LoaderObjects.maps, ["uses_all": "pass load 0"]),
        // The library sends XDP's attach type, which kernels know since 4.17.
        CiliumObject(
            "tail-calls", LoaderObjects.tailCalls,
            on415: ["first": "fail load 22 attach-type-unknown", "entry": "fail load 22 attach-type-unknown"],
            on73: ["first": "pass load 0", "entry": "pass load 0"]),
        // libbpf rounds the size up.
        CiliumObject(
            "rings", LoaderObjects.rings, on415: ["writes": "fail maps 22 map-type-unknown"],
            on73: ["writes": "fail maps 22 cil-map-create"]),
        CiliumObject("legacy", legacyMaps, ["counts_exits": "pass load 0"]),
        CiliumObject(
            "globals", globalData,
            on415: ["reads_and_writes": "fail maps 22 cil-global-data", "uses_none": "pass load 0"],
            on73: ["reads_and_writes": "pass load 0", "uses_none": "pass load 0"]),
        CiliumObject("bare", bareSection, ["on_return": "pass load 0"]),
        CiliumObject(
            "order", order,
            on415: ["third": "fail load 22 attach-type-unknown", "second": "pass load 0", "first": "pass load 0"],
            on73: ["third": "pass load 0", "second": "pass load 0", "first": "pass load 0"]),
        CiliumObject("static-map", staticMap, ["looks_up": "fail open 22 cil-static-map"]),
        CiliumObject("no-version", LoaderObjects.noVersion, ["any": "pass load 0"]),
        CiliumObject(
            "wrong-version", LoaderObjects.wrongVersion, on415: ["any": "fail load 22 prog-version-unknown"],
            on73: ["any": "pass load 0"]),
        CiliumObject(
            "raw-tracepoint", StageSource.prelude + StageSource.sending("raw_tp/sched_process_exit"),
            on415: ["on_event": "fail load 22 prog-type-unknown"], on73: ["on_event": "pass load 0"]),
        CiliumObject(
            "calls", calls, on415: ["calls_another": "fail load 22 cil-calls"], on73: ["calls_another": "pass load 0"]),
        CiliumObject(
            "long-log", longLog, on415: ["long_log": "fail load 22 back-edge"],
            on73: ["long_log": "fail load 13 not-init"]),
    ]

    /// Maps as they were defined before BTF.
    static let legacyMaps =
        StageSource.prelude + """
            struct map_definition { __u32 type, key_size, value_size, max_entries, map_flags; };
            struct map_definition counts SEC("maps") = {BPF_MAP_TYPE_HASH, 4, 8, 16, 0};
            SEC("kprobe/do_exit") int counts_exits(void *context)
            {
                __u32 key = 0;
                return bpf_map_lookup_elem(&counts, &key) != 0;
            }
            """

    /// The maps of the object that a program does not use are none of its business.
    static let globalData =
        StageSource.prelude + """
            volatile const int limit = 5;
            int count;
            SEC("kprobe/do_exit") int reads_and_writes(void *context) { count += limit; return 0; }
            SEC("kprobe/do_exit") int uses_none(void *context) { return 0; }
            """

    /// A section without a target.
    static let bareSection = StageSource.prelude + "SEC(\"uretprobe\") int on_return(void *context) { return 0; }\n"

    /// Of two sections, not in the order of their names or of their functions'.
    static let order =
        StageSource.prelude + """
            SEC("xdp") int third(struct xdp_md *context) { return XDP_PASS; }
            SEC("kprobe/do_exit") int second(void *context) { return 0; }
            SEC("kprobe/do_exit") int first(void *context) { return 0; }
            """

    static let staticMap =
        StageSource.prelude + """
            static struct { __uint(type, BPF_MAP_TYPE_ARRAY); __uint(max_entries, 1); __type(key, int); __type(value, int); }
                hidden SEC(".maps");
            SEC("kprobe/do_exit") int looks_up(void *context) { int key = 0; return !!bpf_map_lookup_elem(&hidden, &key); }
            """

    /// About 2 KiB of log for each of `TURNS`, and a refusal at the very end.
    static let longLog =
        StageSource.prelude + """
            #define STEP "r6 += r7; r6 ^= r7; r7 += r6; r7 >>= 1; r6 -= r7; r6 *= r7; r7 ^= r6; r7 += 12345;"
            SEC("kprobe/do_exit") int long_log(void *context)
            {
                asm volatile("call %[random]; r6 = r0; r7 = r0; r8 = 0; 1: " STEP STEP STEP
                             "r8 += 1; if r8 < %[turns] goto 1b; r0 = r9;"
                             :: [random] "i"(BPF_FUNC_get_prandom_u32), [turns] "i"(TURNS)
                             : "r0", "r1", "r2", "r3", "r4", "r5", "r6", "r7", "r8");
                return 0;
            }
            """

    static let calls =
        StageSource.prelude + """
            static __attribute__((noinline)) int twice(int value) { return value * 2; }
            SEC("kprobe/do_exit") int calls_another(void *context) { return twice(bpf_get_prandom_u32()); }
            """
}
