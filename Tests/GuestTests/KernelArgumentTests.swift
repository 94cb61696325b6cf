import MatrixModel
import Testing

extension CommandTests {
    /// Kernel arguments that are a variant's own.
    @Suite(.serialized, .ownProcessor) struct KernelArgumentTests {
        private static let source = """
            #include <linux/bpf.h>
            #include <bpf/bpf_helpers.h>
            #include <bpf/bpf_tracing.h>

            struct { __uint(type, BPF_MAP_TYPE_RINGBUF); __uint(max_entries, 4096); } opened SEC(".maps");

            SEC("lsm/file_open") int BPF_PROG(watch_open, void *file)
            {
                int word = 7;
                bpf_ringbuf_output(&opened, &word, sizeof(word), 0);
                return 0;
            }

            char LICENSE[] SEC("license") = "GPL";

            """

        /// By default, `bpf` is among the security modules of Debian's 6.1.
        private static let manifest = """
            summary: Watch files that are opened.
            trigger: { shell: cat /proc/cmdline }
            event: { map: opened }
            variants:
              default: { source: opened.bpf.c }
              without: { source: opened.bpf.c, kernel-args: lsm=capability }

            """

        @Test func anLSMProgramRunsOnlyWhereTheArgumentsLetIt() async throws {
            try await Installation.with { tool in
                try tool.replaceProbes(with: ["opened/probe.yaml": Self.manifest, "opened/opened.bpf.c": Self.source])
                let document = try await tool.run(["--kernel", "debian-6.1", "--loader", "libbpf"]) { _ in }.document
                let results = document.cells.map { "\($0.variant) \($0.verdict) \($0.stage.map { "\($0)" } ?? "-")" }
                #expect(results == ["default pass fire", "without fail fire"])
            }
        }
    }
}
