import Foundation
import MatrixModel
import ProbeObject
import Subprocess
import SystemPackage
import TestSupport
import Testing

extension CommandTests {
    /// BTF for a distribution's kernel that was built without, as applications bring it.
    @Suite(.serialized, .ownProcessor) struct ExternalBTFTests {
        /// Reads the first argument of a function, whose offset in the object's own layout is wrong.
        private static let probe = """
            #include <linux/bpf.h>
            #include <bpf/bpf_helpers.h>

            struct pt_regs { unsigned long di; } __attribute__((preserve_access_index));

            struct {
                __uint(type, BPF_MAP_TYPE_PERF_EVENT_ARRAY);
                __uint(key_size, 4);
                __uint(value_size, 4);
            } endings SEC(".maps");

            SEC("kprobe/do_exit") int watch_exit(struct pt_regs *registers)
            {
                char text[] = "ended with 65";
                if (registers->di == 65 << 8)
                    bpf_perf_event_output(registers, &endings, BPF_F_CURRENT_CPU, text, sizeof(text));
                return 0;
            }

            char LICENSE[] SEC("license") = "GPL";

            """
        private static let manifest = """
            summary: Report a certain exit status.
            loaders: [libbpf, aya, cilium]
            attach: true
            trigger: { shell: "(exit 65)" }
            event: { map: endings, contains: ended with 65 }
            variants:
              plain: { source: plain.bpf.c }

            """
        /// The context of a kprobe on every x86-64 kernel, with the kernel's field names.
        ///
        /// Source: Linux `arch/x86/include/asm/ptrace.h`.
        private static let types = """
            struct pt_regs {
                unsigned long r15, r14, r13, r12, bp, bx, r11, r10, r9, r8, ax, cx, dx, si, di, orig_ax, ip, cs, flags, sp, ss;
            } registers;

            """

        private static let kernel = "ubuntu-4.15"

        /// The tool's own manifest of the kernel, and `lines` more.
        private func describe(_ kernel: String, adding lines: String, in tool: Installation) throws {
            let text = try String(
                contentsOfFile: Repository.kernels.appending("\(kernel).yaml").string, encoding: .utf8)
            try FileManager.default.createDirectory(
                atPath: tool.ownKernels.string, withIntermediateDirectories: true)
            try write(text + lines, to: tool.ownKernels.appending("\(kernel).yaml"))
        }

        private func call(_ program: String, _ arguments: [String], in folder: FilePath) async throws {
            let result = try await Subprocess.run(
                .name(program), arguments: Arguments(arguments), workingDirectory: folder, output: .discarded,
                error: .string(limit: 4096))
            try #require(result.terminationStatus.isSuccess, "\(result.standardError)")
        }

        @Test func itTurnsRelocatedProgramsFromFailToPass() async throws {
            try await Installation.with { tool in
                try tool.replaceProbes(with: ["exit/probe.yaml": Self.manifest, "exit/plain.bpf.c": Self.probe])
                let arguments = ["--kernel", Self.kernel, "--kernel", "debian-6.1", "--allow-missing"]
                let without = try await tool.run(arguments) { _ in }.document
                let cells = without.cells.filter { $0.kernel == Self.kernel }
                #expect(cells.count == 3)
                for cell in cells {
                    #expect(cell.verdict == .fail, "\(cell.key)")
                    let cause = try #require(cell.programs.first?.cause, "\(cell.key)")
                    // How to ship it.
                    #expect(cause.advice.contains("`bpftool gen min_core_btf`"), "\(cell.key): \(cause)")
                }
                #expect(without.kernels.map(\.btf) == [false, true])
                #expect(without.kernels.map(\.externalBTF) == [nil, nil])

                // As BTFHub has it.
                let release = try #require(without.kernels.first?.release)
                let hub = tool.work.appending("hub").appending("ubuntu").appending("x86_64")
                try FileManager.default.createDirectory(atPath: hub.string, withIntermediateDirectories: true)
                let object = tool.work.appending("types.bpf.o")
                try await compileObject(Self.types, to: object)
                let file = "\(release).btf"
                try await call("cp", [object.string, file], in: hub)
                try await call("tar", ["-cJf", "\(file).tar.xz", file], in: hub)
                try FileManager.default.removeItem(atPath: hub.appending(file).string)
                try describe(Self.kernel, adding: "btf: \(tool.work.appending("hub"))\n", in: tool)
                // A kernel with its own BTF gets no other.
                try describe("debian-6.1", adding: "btf: \(object)\n", in: tool)

                let with = try await tool.run(arguments) { _ in }
                let document = try with.document
                #expect(with.status == .exited(0), "\(with.messages)")
                #expect(document.cells.allSatisfy { $0.verdict == .pass && $0.stage == .fire }, "\(with.messages)")
                #expect(document.kernels.map(\.btf) == [false, true])
                #expect(document.kernels[0].externalBTF?.hasSuffix("\(file).tar.xz: \(file)") == true)
                #expect(document.kernels[1].externalBTF == nil)
                let shown = try await tool.kernels("show", Self.kernel, "--no-boot").output
                #expect(shown.contains("\(file).tar.xz"))

                // Minimised to what this object needs.
                let small = tool.work.appending("small")
                try FileManager.default.createDirectory(atPath: small.string, withIntermediateDirectories: true)
                try await call("tar", ["-xJf", "\(file).tar.xz"], in: hub)
                let compiled = tool.work.appending("exit.bpf.o")
                try await compileObject(Self.probe, to: compiled)
                try await call(
                    "bpftool",
                    ["gen", "min_core_btf", hub.appending(file).string, small.appending(file).string, compiled.string],
                    in: tool.work)
                try describe(Self.kernel, adding: "btf: \(small)\n", in: tool)
                let minimised = try await tool.run(arguments) { _ in }.document
                // Another BTF, another answer.
                #expect(minimised.cells.allSatisfy { $0.verdict == .pass && $0.cached == ($0.kernel != Self.kernel) })
            }
        }

        @Test func aKernelWhoseBTFCannotBeReadIsNotMeasured() async throws {
            try await Installation.with { tool in
                try tool.replaceProbes(with: ["exit/probe.yaml": Self.manifest, "exit/plain.bpf.c": Self.probe])
                try describe(Self.kernel, adding: "btf: nowhere.btf\n", in: tool)
                let outcome = try await tool.run("--kernel", Self.kernel)
                #expect(outcome.status == .exited(69))
                let cells = try outcome.document.cells
                #expect(!cells.isEmpty && cells.allSatisfy { $0.verdict == .notMeasured })
                #expect(try outcome.document.kernels.first?.reason?.contains("nowhere.btf") == true)
            }
        }
    }
}
