import Foundation
import KernelStore
import Machine
import Manifests
import MatrixModel
import MatrixRunner
import Subprocess
import SystemPackage
import TestSupport
import Testing

extension CommandTests {
    /// Kernel modules that a probe asks for, in guests of real kernels.
    @Suite(.serialized, .ownProcessor) struct ModuleTests {
        /// Found among the kernel's symbols on every kernel that has the module in it.
        private static let symbol = """
            #include <linux/bpf.h>
            #include <bpf/bpf_helpers.h>

            extern const void dummy_setup __ksym;

            SEC("raw_tracepoint/sys_enter") int address(void *context) { return (long)&dummy_setup; }

            char LICENSE[] SEC("license") = "GPL";

            """
        /// Found in the module's BTF, which came after the loader read the kernel's.
        private static let trampoline = """
            #include <linux/bpf.h>
            #include <bpf/bpf_helpers.h>

            SEC("fentry/dummy_xmit") int transmit(void *context) { return 0; }

            char LICENSE[] SEC("license") = "GPL";

            """
        private static let manifest = """
            summary: What the module dummy has.
            variants:
              symbol-without: { source: symbol.bpf.c }
              symbol: { source: symbol.bpf.c, modules: [dummy] }
              trampoline: { source: trampoline.bpf.c, modules: [dummy] }
              trampoline-without: { source: trampoline.bpf.c }
              symbol-after: { source: symbol.bpf.c }
            expect:
              - { variants: "*-without", verdict: fail }
              - { variants: symbol-after, verdict: fail }
              - { variants: trampoline, kernels: "<5.11", verdict: fail, reason: Modules have BTF since 5.11. }

            """

        @Test func modulesAreInsertedForObjectsWithoutAManifest() async throws {
            try await Installation.with { tool in
                let object = tool.work.appending("transmit.bpf.o")
                try await compileObject(Self.trampoline, to: object)
                let arguments = ["--kernel", "debian-6.12", "--object", object.string]
                let without = try await tool.run(arguments) { _ in }
                #expect(try without.document.cells.map(\.verdict) == [.fail])
                let with = try await tool.run(arguments + ["--module", "dummy"]) { _ in }
                #expect(try with.document.cells.map(\.verdict) == [.pass], "\(with.messages)")
                let none = try await tool.run("--kernel", "debian-6.12", "--module", "dummy")
                #expect(none.status == .exited(64))
                #expect(none.messages.contains("--module requires --object"))
                let misspelt = try await tool.run(arguments + ["--module", "dummy.ko"]) { _ in }
                #expect(misspelt.status == .exited(64))
            }
        }

        @Test func whatIsInAModuleIsThereForThoseWhoAskForIt() async throws {
            try await Installation.with(snapshots: .own) { tool in
                try tool.replaceProbes(
                    with: [
                        "module/probe.yaml": Self.manifest, "module/symbol.bpf.c": Self.symbol,
                        "module/trampoline.bpf.c": Self.trampoline,
                    ])
                let kernels = ["ubuntu-5.4", "debian-6.1", "ubuntu-6.8", "debian-7.3"]
                // Cold, then restored from a snapshot that was made without modules.
                for arguments in [[], ["--no-cache"]] {
                    let outcome = try await tool.run(kernels.flatMap { ["--kernel", $0] } + arguments) { _ in }
                    let cells = try outcome.document.cells
                    #expect(outcome.status == .exited(0), "\(outcome.messages)")
                    #expect(cells.count == 5 * kernels.count)
                    for cell in cells { #expect(cell.asExpected, "\(cell)") }
                }
                let again = try await tool.run(kernels.flatMap { ["--kernel", $0] }) { _ in }
                #expect(try again.document.cells.allSatisfy(\.cached))
            }
        }

        /// Nothing is measured where a module is missing, and everything else is.
        @Test func rejectedModuleIsNotMeasured() async throws {
            let measurement = try await Bench.with(guest: Repository.testGuest("misbehaving")) { bench in
                let kernel = try Repository.kernel("debian-6.1")
                let foreign = try Repository.modules(["dummy"], of: "debian-6.12")
                let nonsense = bench.folder.appending("nonsense.ko")
                try write("no module", to: nonsense)
                let wanted = [
                    "pass": [], "nonsense": [GuestModule(name: "nonsense", file: nonsense, digest: "n")],
                    "foreign": foreign, "twice": try Repository.modules(["dummy", "veth"], of: "debian-6.1") * 2,
                ]
                let cells = try wanted.sorted { $0.key < $1.key }.map { variant, modules in
                    let object = bench.folder.appending(variant)
                    try write("pass", to: object)
                    return PlannedCell(
                        key: CellKey(kernel: "debian-6.1", probe: "p", variant: variant, loader: "libbpf"),
                        object: object, objectDigest: variant, programs: ["program_0"], modules: modules,
                        expectations: [])
                }
                return try await Measurement(
                    KernelBatch(kernel: kernel.id, spec: bench.spec(kernel), cells: cells), backend: bench.backend(),
                    cellLimit: .seconds(60))
            }
            let reasons = measurement.cells.mapValues(\.reason)
            #expect(
                measurement.cells.mapValues(\.verdict) == [
                    "pass": .pass, "nonsense": .notMeasured, "foreign": .notMeasured, "twice": .pass,
                ], "\(reasons)")
            #expect(
                reasons["nonsense"]??.hasPrefix("the kernel rejects the module 'nonsense': Exec format error") == true)
            // The kernel's message about it, without its time stamp.
            #expect(reasons["foreign"]??.contains("; kernel log: dummy: disagrees about version of symbol") == true)
        }
    }
}

extension [GuestModule] {
    fileprivate static func * (modules: Self, times: Int) -> Self { (0..<times).flatMap { _ in modules } }
}
