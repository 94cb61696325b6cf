import FoundationEssentials
import MatrixModel
import SystemPackage
import Testing

extension CommandTests {
    /// What becomes of objects whose programs all load alone: as a whole, attached as they ask for, and with maps as they are.
    @Suite struct WholeObjectTests {
        private static let head = """
            #include <linux/bpf.h>
            #include <bpf/bpf_helpers.h>
            char LICENSE[] SEC("license") = "GPL";

            """

        private static let array = """
            struct {
                __uint(type, BPF_MAP_TYPE_PROG_ARRAY);
                __uint(max_entries, 1);
                __uint(key_size, 4);
                __array(values, int (void *));
            } calls SEC(".maps") = {.values = {[0] = (void *)&called}};

            """

        private static let sources = [
            // The application gives it a size.
            "unsized-hash": head + """
                struct { __uint(type, BPF_MAP_TYPE_HASH); __type(key, int); __type(value, int); } counts SEC(".maps");
                SEC("xdp") int counting(struct xdp_md *context)
                {
                    int key = 0;
                    return bpf_map_lookup_elem(&counts, &key) ? XDP_DROP : XDP_PASS;
                }
                """,
            // Only one XDP program fits on an interface.
            "xdp-tail-call": head + "int called(struct xdp_md *context);\n" + array + """
                SEC("xdp") int entry(struct xdp_md *context) { bpf_tail_call(context, &calls, 0); return XDP_PASS; }
                SEC("xdp") int called(struct xdp_md *context) { return XDP_PASS; }
                """,
            // Two attach types in one array.
            "two-attach-types": head + "int called(struct bpf_sock_addr *context);\n" + array + """
                SEC("cgroup/bind4") int entry(struct bpf_sock_addr *context) { bpf_tail_call(context, &calls, 0); return 1; }
                SEC("cgroup/bind6") int called(struct bpf_sock_addr *context) { return 1; }
                """,
            "optional-program": head + """
                SEC("kprobe/do_exit") int always(void *context) { return 0; }
                SEC("?kprobe/no_such_function") int sometimes(void *context) { return 0; }
                """,
            "excluded-program": head + """
                SEC("kprobe/do_exit") int wanted(void *context) { return 0; }
                SEC("kprobe/no_such_function") int unwanted(void *context) { return 0; }
                """,
        ]

        private static let manifest = """
            objects:
              - object: unsized-hash.bpf.o
              - { object: unsized-hash.bpf.o, name: sized-hash, trialSizes: true }
              - { object: xdp-tail-call.bpf.o, attach: true }
              - object: two-attach-types.bpf.o
              - { object: optional-program.bpf.o, attach: true, loaders: [libbpf, cilium] }
              - { object: optional-program.bpf.o, name: named-program, attach: { sometimes: true }, loaders: [libbpf, cilium] }
              - { object: excluded-program.bpf.o, attach: { unwanted: false } }
            kernels: [ubuntu-5.4, debian-6.12]
            loaders: [libbpf, aya, cilium]
            """

        /// Verdict and stage of the cell, on 5.4 and on 6.12; those of a loader by its name.
        private static let outcomes: [String: (old: String, new: String)] = [
            "unsized-hash": ("fail maps", "fail maps"), "sized-hash": ("pass load", "pass load"),
            // Links on interfaces came with 5.9, and the library of cilium has no other way.
            "xdp-tail-call": ("pass attach", "pass attach"), "xdp-tail-call cilium": ("fail attach", "pass attach"),
            // Aya 0.13 does not know how such an array is defined.
            "xdp-tail-call aya": ("fail maps", "fail maps"), "two-attach-types aya": ("fail maps", "fail maps"),
            // Since 6.12.53 a program array has one attach type.
            "two-attach-types": ("pass load", "fail load"),
            "optional-program": ("pass attach", "pass attach"), "named-program": ("fail attach", "fail attach"),
            "excluded-program": ("pass attach", "pass attach"),
        ]

        @Test func objectsAreLoadedAndAttachedAsTheyAskFor() async throws {
            try await Installation.with { tool in
                for (name, source) in Self.sources {
                    try await compileObject(source, to: tool.work.appending("\(name).bpf.o"))
                }
                let config = tool.work.appending("compat-matrix.yaml")
                try Self.manifest.write(toFile: config.string, atomically: true, encoding: .utf8)
                let document = try await tool.run("--config", config.string).document
                #expect(document.cells.count == 38)
                for cell in document.cells {
                    let outcome = try #require(
                        Self.outcomes["\(cell.probe) \(cell.loader)"] ?? Self.outcomes[cell.probe])
                    let expected = cell.kernel == "ubuntu-5.4" ? outcome.old : outcome.new
                    let place = "\(cell.kernel) \(cell.probe) \(cell.loader): \(cell.reason ?? "")"
                    #expect("\(cell.verdict) \(cell.stage?.rawValue ?? "-")" == expected, "\(place)")
                    #expect((cell.reason != nil) == (cell.probe == "sized-hash"), "\(place)")
                }
                let whole = document.cells.filter {
                    $0.probe == "two-attach-types" && $0.verdict == .fail && $0.loader != "aya"
                }
                #expect(whole.count == 2)
                for cell in whole {
                    #expect(cell.programs.map(\.verdict) == [.pass, .pass, .fail])
                    #expect(cell.programs.last?.name == ProgramResult.wholeObject)
                    #expect(cell.programs.last?.errno == 22)
                    #expect(cell.programs.last?.cause?.id == "prog-array-slot", "\(cell.loader)")
                }
                let called = document.cells.filter { $0.probe == "xdp-tail-call" && $0.loader != "aya" }.flatMap(
                    \.programs
                )
                .filter { $0.name == "called" }
                #expect(called.count == 4 && called.allSatisfy { $0.verdict == .pass && $0.stage == .load })
            }
        }
    }
}
