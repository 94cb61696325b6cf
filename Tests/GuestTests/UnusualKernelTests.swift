import Foundation
import KernelStore
import MatrixModel
import Subprocess
import SystemPackage
import TestSupport
import Testing

extension GuestTests {
    /// Kernels without bpf() and kernels that do not boot, from the file to the report.
    @Suite(.serialized, .ownProcessor) struct UnusualKernelTests {
        /// Of several program types, with maps, with CO-RE and without.
        private static let probes = ["packet-rules", "process-exit", "readline", "task-state"]
        private static let noBPF = Repository.cache.appending("test-kernels").appending("no-bpf").appending("bzImage")

        /// `scripts/test-kernel` builds it.
        @Test func aKernelWithoutBPFFailsEveryProgram() async throws {
            try await Installation.with(kernels: .none) { tool in
                let added = try await tool.kernels("add", Self.noBPF.string, "--id", "own-6.1")
                #expect(added.status == .exited(0), "\(added.messages)")
                // The first leaves a snapshot for the second.
                for start in [Start.cold, .warm] {
                    let outcome = try await tool.run(
                        ["--kernel", "own-6.1", "--no-cache"] + Self.probes.flatMap { ["--probe", $0] }
                    ) { _ in }
                    let document = try outcome.document
                    #expect(outcome.status == .exited(1))
                    #expect(document.kernels.map(\.start) == [start])
                    #expect(document.kernels.first?.release?.hasSuffix("-no-bpf") == true)
                    #expect(document.cells.count > 10)
                    // A tracefs event needs no BPF, so its result is not checked here.
                    for cell in document.cells where cell.loader != "tracefs" { expectNoBPF(cell) }
                }
                let table = try await tool.report("--format", "table").output
                #expect(table.contains("no-bpf: libbpf: Error in bpf_object__probe_loading()"))
            }
        }

        private func expectNoBPF(_ cell: CellResult) {
            #expect((cell.verdict, cell.stage) == (.fail, .open), "\(cell.key)")
            #expect(!cell.programs.isEmpty, "\(cell.key)")
            for program in cell.programs {
                #expect((program.verdict, program.errno, program.cause?.id) == (.fail, ENOSYS, "no-bpf"), "\(cell.key)")
                #expect(program.cause?.advice.contains("CONFIG_BPF_SYSCALL") == true)
            }
        }

        /// What is wrong with a kernel, and what its console then shows.
        enum Trouble: CaseIterable {
            case damagedPayload, noInit

            var words: String {
                switch self {
                case .damagedPayload: "Decoding failed"
                case .noInit: "Kernel panic - not syncing: "
                }
            }
        }

        @Test(arguments: Trouble.allCases)
        func unbootableKernelIsNotMeasured(trouble: Trouble) async throws {
            try await Installation.with(kernels: .none) { tool in
                try prepare(trouble, tool)
                let outcome = try await tool.run("--kernel", "own-6.1", "--probe", "readline")
                let document = try outcome.document
                #expect(outcome.status == .exited(69))
                #expect(document.kernels.map(\.status) == [.notMeasured])
                let cell = try #require(document.cells.first)
                #expect(document.cells.allSatisfy { $0.verdict == .notMeasured && $0.stage == nil })
                #expect(cell.reason?.contains(trouble.words) == true, "\(cell.reason ?? "")")
                let console = try String(
                    contentsOfFile: tool.results.pushing(FilePath(#require(cell.console))).string, encoding: .utf8)
                #expect(console.contains(trouble.words))

                for format in ["table", "html"] {
                    let shown = try await tool.report("--format", format).output
                    #expect(shown.contains(trouble.words), "\(format)")
                }
            }
        }

        /// Writes the manifest of `own-6.1`, and with it the image where that is the trouble.
        private func prepare(_ trouble: Trouble, _ tool: Installation) throws {
            let sound = try Repository.kernel("debian-6.1").path
            try FileManager.default.createDirectory(
                atPath: tool.ownKernels.string, withIntermediateDirectories: true)
            let manifest = tool.ownKernels.appending("own-6.1.yaml")
            switch trouble {
            case .noInit:
                try write(
                    "source: { file: \"\(sound)\" }\ncommandLine: rdinit=/nonexistent init=/nonexistent\n",
                    to: manifest)
            case .damagedPayload:
                let image = tool.work.appending("vmlinuz")
                var bytes = try Data(contentsOf: URL(filePath: sound.string))
                let middle = bytes.count / 2
                bytes.replaceSubrange(middle..<(middle + 4096), with: Data(count: 4096))
                try bytes.write(to: URL(filePath: image.string))
                try write("source: { file: \"\(image)\" }\n", to: manifest)
            }
        }
    }
}
