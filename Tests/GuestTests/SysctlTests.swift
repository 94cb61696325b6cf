import MatrixModel
import Testing

extension CommandTests {
    /// Settings of the kernel that are a cell's own.
    @Suite(.serialized, .ownProcessor) struct SysctlTests {
        private static let source = """
            #include <linux/bpf.h>
            #include <bpf/bpf_helpers.h>

            SEC("socket") int pass(struct __sk_buff *packet) { return 1; }

            char LICENSE[] SEC("license") = "GPL";

            """

        /// The middle one has the kernel's default again.
        private static let manifest = """
            summary: Let packets pass.
            loaders: [libbpf, aya, cilium]
            user: nobody
            variants:
              allowed: { source: pass.bpf.c, sysctls: { kernel.unprivileged_bpf_disabled: 0 } }
              default: { source: pass.bpf.c }
              forbidden: { source: pass.bpf.c, sysctls: { kernel.unprivileged_bpf_disabled: 2 } }
              unknown: { source: pass.bpf.c, sysctls: { kernel.no_such_setting: 1 } }
              rejected: { source: pass.bpf.c, sysctls: { kernel.unprivileged_bpf_disabled: 3 } }

            """

        @Test func eachCellHasItsOwn() async throws {
            try await Installation.with { tool in
                try tool.replaceProbes(with: ["pass/probe.yaml": Self.manifest, "pass/pass.bpf.c": Self.source])
                let document = try await tool.run(["--kernel", "debian-6.1", "--jobs", "1"]) { _ in }.document
                #expect(document.cells.count == 15)
                for cell in document.cells {
                    let cause = cell.programs.first?.cause?.id ?? "-"
                    let result = "\(cell.verdict) \(cause) \(cell.reason ?? "")"
                    let expected =
                        switch cell.variant {
                        // The library needs BTF, which takes CAP_BPF, where the kernel does without.
                        case "allowed" where cell.loader == "cilium": "fail capability-missing "
                        case "allowed": "pass - "
                        // Debian's kernels default to 2.
                        case "default", "forbidden": "fail capability-missing "
                        case "unknown": "notMeasured - this kernel has no sysctl kernel.no_such_setting"
                        default:
                            "notMeasured - this kernel rejects '3' for the sysctl "
                                + "kernel.unprivileged_bpf_disabled: Invalid argument"
                        }
                    #expect(result == expected, "\(cell.key): \(cell)")
                }
            }
        }
    }
}
