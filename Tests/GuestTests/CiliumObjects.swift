/// Objects that cilium/ebpf and libbpf differ on, as C.
enum CiliumObjects {
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

    /// A section without a target, which libbpf has a type for.
    static let bareSection = StageSource.prelude + "SEC(\"uretprobe\") int on_return(void *context) { return 0; }\n"

    /// Of two sections, not in the order of their names or of their functions'.
    static let order =
        StageSource.prelude + """
            SEC("xdp") int third(struct xdp_md *context) { return XDP_PASS; }
            SEC("kprobe/do_exit") int second(void *context) { return 0; }
            SEC("kprobe/do_exit") int first(void *context) { return 0; }
            """

    static let undefinedMap =
        StageSource.prelude + """
            static struct { __uint(type, BPF_MAP_TYPE_ARRAY); __uint(max_entries, 1); __type(key, int); __type(value, int); }
                hidden SEC(".maps");
            SEC("kprobe/do_exit") int looks_up(void *context) { int key = 0; return !!bpf_map_lookup_elem(&hidden, &key); }
            """

    static let iterator = StageSource.prelude + StageSource.iterator

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
}
