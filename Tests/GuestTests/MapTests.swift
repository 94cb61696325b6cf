import MatrixModel
import Testing

extension CommandTests {
    /// What an application sets of maps before it loads the object.
    @Suite(.serialized, .ownProcessor) struct MapTests {
        private static let head = """
            #include <linux/bpf.h>
            #include <bpf/bpf_helpers.h>
            char LICENSE[] SEC("license") = "GPL";

            """

        /// Reports how many of three keys fit into the map, and the name of the process.
        private static let counts =
            head + """
                struct { __uint(type, BPF_MAP_TYPE_HASH); __type(key, int); __type(value, int); } counts SEC(".maps");
                struct {
                    __uint(type, BPF_MAP_TYPE_PERF_EVENT_ARRAY);
                    __uint(key_size, 4);
                    __uint(value_size, 4);
                } events SEC(".maps");

                SEC("raw_tracepoint/sched_process_exit") int watch(void *context)
                {
                    char text[24] = {'0', ':'};
                    for (int key = 0; key < 3; key++) {
                        int place = key;
                        if (bpf_map_update_elem(&counts, &place, &place, BPF_ANY) == 0)
                            text[0]++;
                    }
                    bpf_get_current_comm(text + 2, 16);
                    bpf_perf_event_output(context, &events, BPF_F_CURRENT_CPU, text, sizeof(text));
                    return 0;
                }

                """

        private static let tables =
            head + """
                struct {
                    __uint(type, BPF_MAP_TYPE_HASH_OF_MAPS);
                    __uint(max_entries, 4);
                    __uint(key_size, 4);
                    __uint(value_size, 4);
                } tables SEC(".maps");

                SEC("socket") int find(struct __sk_buff *packet)
                {
                    int key = 1;
                    void *table = bpf_map_lookup_elem(&tables, &key);
                    int *value = table ? bpf_map_lookup_elem(table, &key) : 0;
                    return value ? *value : 0;
                }

                """

        private static let manifests = [
            "counts/probe.yaml": """
            summary: Report how many keys fit.
            loaders: [libbpf, aya, cilium]
            attach: true
            trigger: { shell: "[ -e /sys/fs/bpf/agent/counts ] && echo pinned >/proc/$BASHPID/comm" }
            event: { map: events, contains: "2:pinned" }
            maps: { counts: { maxEntries: 2, pin: /sys/fs/bpf/agent/counts } }
            variants:
              own-path: { source: counts.bpf.c }
              default-path:
                source: counts.bpf.c
                maps: { counts: { maxEntries: 2, pin: true } }
                trigger: { shell: "[ -e /sys/fs/bpf/counts ] && echo pinned >/proc/$BASHPID/comm" }
              no-outer-map:
                source: counts.bpf.c
                attach: false
                maps: { counts: { maxEntries: 2, inner: { type: array, keySize: 4, valueSize: 4, maxEntries: 1 } } }

            """,
            "tables/probe.yaml": """
            summary: Look up a value in a table.
            loaders: [libbpf, aya, cilium]
            variants:
              undefined: { source: tables.bpf.c, loaders: [libbpf, cilium] }
              defined:
                source: tables.bpf.c
                maps: { tables: { inner: { type: hash, keySize: 4, valueSize: 4, maxEntries: 8 } } }

            """,
        ]

        @Test func eachLibrarySetsWhatItsUsersSet() async throws {
            try await Installation.with { tool in
                let sources = ["counts/counts.bpf.c": Self.counts, "tables/tables.bpf.c": Self.tables]
                try tool.replaceProbes(with: Self.manifests.merging(sources) { first, _ in first })
                let document = try await tool.run(["--kernel", "debian-6.1"]) { _ in }.document
                #expect(document.cells.count == 14)
                for cell in document.cells {
                    let result = "\(cell.verdict) \(cell.stage?.rawValue ?? "-") \(cell.reason ?? "")"
                    let expected =
                        switch (cell.variant, cell.loader) {
                        case ("own-path", _), ("default-path", _): "pass fire "
                        case ("no-outer-map", _):
                            "notMeasured - map 'counts' has no inner map, only array_of_maps and hash_of_maps do"
                        case ("defined", "aya"): "notMeasured - Aya cannot set 'inner' of map 'tables'"
                        case ("defined", _): "pass load "
                        default: "fail maps "
                        }
                    #expect(result == expected, "\(cell.key): \(cell)")
                }
            }
        }
    }
}
