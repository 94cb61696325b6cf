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

    static let globalData =
        StageSource.prelude + """
            volatile const int limit = 5;
            int count;
            SEC("kprobe/do_exit") int reads_and_writes(void *context) { count += limit; return 0; }
            SEC("kprobe/do_exit") int uses_none(void *context) { return 0; }
            """

    /// A section without a target, which libbpf has a type for.
    static let bareSection = StageSource.prelude + "SEC(\"uretprobe\") int on_return(void *context) { return 0; }\n"

    /// Of three sections, not in the order of their names.
    static let order =
        StageSource.prelude + """
            SEC("xdp") int third(struct xdp_md *context) { return XDP_PASS; }
            SEC("kprobe/do_exit") int second(void *context) { return 0; }
            SEC("kprobe/do_exit") int first(void *context) { return 0; }
            """
}
