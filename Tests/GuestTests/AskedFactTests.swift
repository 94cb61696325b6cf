import FoundationEssentials
import MatrixModel
import SystemPackage
import Testing

extension CommandTests {
    /// Causes that no errno tells: loaders ask the kernel for them.
    @Suite struct AskedFactTests {
        private static let head = """
            #include <linux/bpf.h>
            #include <bpf/bpf_helpers.h>
            char LICENSE[] SEC("license") = "GPL";

            """

        private static let sources = [
            // getpid() has no argument.
            "beyond-record": head + """
                struct record { __u64 common; long number; unsigned long arguments[2]; };
                SEC("tracepoint/syscalls/sys_enter_getpid") int reads(struct record *record)
                {
                    return record->arguments[1] & 1;
                }
                """,
            "suffixed-function": head + "SEC(\"kprobe/finish_task_switch\") int any(void *context) { return 0; }\n",
            "untraceable-function": head + "SEC(\"kprobe/exc_int3\") int any(void *context) { return 0; }\n",
            "replaced-result": head
                + "SEC(\"kprobe/vfs_read\") int any(void *context) { bpf_override_return(context, -1); return 0; }\n",
            "unsized-array": head + """
                struct { __uint(type, BPF_MAP_TYPE_ARRAY); __uint(key_size, 4); __uint(value_size, 4); } counts SEC(".maps");
                SEC("kprobe/do_exit") int any(void *context)
                {
                    int key = 0;
                    return bpf_map_lookup_elem(&counts, &key) != 0;
                }
                """,
        ]

        /// On 5.4 and on 6.12; empty for what passes.
        private static let causes = [
            "beyond-record": ("tracepoint-record", "tracepoint-record"), "suffixed-function": ("", "symbol-renamed"),
            // The function came with 5.8.
            "untraceable-function": ("attach-target-missing", "symbol-not-traceable"),
            "replaced-result": ("not-error-injectable", "helper-not-allowed.override"),
            "unsized-array": ("map-no-size", "map-no-size"),
        ]

        @Test func theKernelIsAskedForTheCause() async throws {
            try await Installation.with { tool in
                var manifest = "kernels: [ubuntu-5.4, debian-6.12]\nloaders: [libbpf, aya, cilium]\nobjects:\n"
                for (name, source) in Self.sources {
                    try await compileObject(source, to: tool.work.appending("\(name).bpf.o"))
                    manifest += "  - { object: \(name).bpf.o, attach: true }\n"
                }
                let config = tool.work.appending("compat-matrix.yaml")
                try manifest.write(toFile: config.string, atomically: true, encoding: .utf8)
                let document = try await tool.run("--config", config.string).document
                #expect(document.cells.count == 30)
                for cell in document.cells {
                    let (old, new) = try #require(Self.causes[cell.probe])
                    let program = try #require(cell.programs.first)
                    let place = "\(cell.kernel) \(cell.probe) \(cell.loader): \(program.cause?.line ?? "")"
                    #expect(program.cause?.id ?? "" == (cell.kernel == "ubuntu-5.4" ? old : new), "\(place)")
                }
                let option = document.cells.filter { $0.probe == "replaced-result" && $0.kernel == "debian-6.12" }
                    .flatMap(\.programs).compactMap { $0.explanation?.facts.first }
                #expect(option.count == 3)
                #expect(option.allSatisfy { $0.hasSuffix("CONFIG_BPF_KPROBE_OVERRIDE is not set.") }, "\(option)")
            }
        }
    }
}
