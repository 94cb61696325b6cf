import Glibc
import MatrixModel
import Testing

extension CommandTests {
    /// Objects that are loaded as another user, or with few capabilities.
    @Suite(.serialized, .ownProcessor) struct PrivilegeTests {
        private static let source = """
            #include <linux/bpf.h>
            #include <bpf/bpf_helpers.h>

            struct {
            #ifdef RING
                __uint(type, BPF_MAP_TYPE_RINGBUF);
                __uint(max_entries, 4096);
            #else
                __uint(type, BPF_MAP_TYPE_PERF_EVENT_ARRAY);
                __uint(key_size, 4);
                __uint(value_size, 4);
            #endif
            } events SEC(".maps");

            SEC("raw_tracepoint/sched_process_exit") int watch(void *context)
            {
                char text[16] = "a process ended";
            #ifdef RING
                bpf_ringbuf_output(&events, text, sizeof(text), 0);
            #else
                bpf_perf_event_output(context, &events, BPF_F_CURRENT_CPU, text, sizeof(text));
            #endif
                return 0;
            }

            char LICENSE[] SEC("license") = "GPL";

            """

        private static let manifest = """
            summary: Report ends of processes.
            loaders: [libbpf, aya, cilium]
            attach: true
            trigger: { shell: "true" }
            event: { contains: a process ended }
            variants:
              enough: { source: watch.bpf.c, cflags: [-DRING], user: nobody, capabilities: [CAP_BPF, CAP_PERFMON] }
              perf-buffer: { source: watch.bpf.c, user: nobody, capabilities: [CAP_BPF, CAP_PERFMON] }
              bpf-only: { source: watch.bpf.c, user: 1000, capabilities: [CAP_BPF] }
              nobody: { source: watch.bpf.c, user: nobody }
              root-without: { source: watch.bpf.c, capabilities: [CAP_BPF] }

            """

        /// The capability that the kernel asks for; `nil` where the object loads.
        private func missing(_ variant: String, on kernel: String) -> String? {
            // CAP_BPF and CAP_PERFMON came with 5.8.
            guard kernel != "ubuntu-5.4" else { return "CAP_SYS_ADMIN" }
            return switch variant {
            case "enough", "perf-buffer": nil
            case "nobody": "CAP_BPF"
            default: "CAP_PERFMON"
            }
        }

        @Test func theCauseNamesTheMissingCapability() async throws {
            try await Installation.with { tool in
                try tool.replaceProbes(with: ["watch/probe.yaml": Self.manifest, "watch/watch.bpf.c": Self.source])
                let arguments = ["--kernel", "ubuntu-5.4", "--kernel", "debian-6.1"]
                let document = try await tool.run(arguments) { _ in }.document
                #expect(document.cells.count == 30)
                for cell in document.cells {
                    guard let missing = missing(cell.variant, on: cell.kernel) else {
                        // Debian's kernels open perf events for CAP_SYS_ADMIN only (kernel.perf_event_paranoid is 3).
                        let verdict: Verdict = cell.variant == "enough" ? .pass : .fail
                        #expect((cell.verdict, cell.stage) == (verdict, .fire), "\(cell)")
                        let errno = verdict == .pass ? 0 : EACCES
                        #expect(cell.programs.first?.errno == errno && cell.reason == nil, "\(cell)")
                        continue
                    }
                    let cause = cell.programs.first?.cause
                    #expect(cell.verdict == .fail && cause?.id == "capability-missing", "\(cell)")
                    #expect(cause?.line.contains("requires \(missing) for ") == true, "\(cell)")
                    let absent = "this kernel has no CAP_BPF (needs 5.8), so the cell ran without it"
                    let isAbsent = cell.kernel == "ubuntu-5.4" && cell.variant != "nobody"
                    #expect((cell.reason?.contains(absent) == true) == isAbsent, "\(cell)")
                }
            }
        }
    }
}
