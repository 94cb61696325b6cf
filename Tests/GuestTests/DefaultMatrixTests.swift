import Foundation
import KernelStore
import MatrixModel
import Subprocess
import SystemPackage
import Testing

extension GuestTests {
    /// What `make run` measures.
    @Suite struct DefaultMatrixTests {
        private static let kernels = [
            "ubuntu-5.4", "debian-5.10", "debian-6.1", "debian-6.12", "debian-6.18", "debian-7.3",
        ]

        /// Three runs of the same: booted, answered from the store, and from snapshots.
        @Test func theDefaultMatrixIsAsExpectedColdStoredAndWarm() async throws {
            try await Installation.with { tool in
                let cold = try await tool.run("--no-cache")
                Attachment.record(cold.messages, named: "stderr.txt")
                let document = try cold.document
                #expect(cold.status == .exited(0))
                #expect(document.cells.filter { !$0.asExpected }.map(\.key) == [])
                #expect(document.kernels.allSatisfy { $0.start == .cold && $0.status == .measured })
                try expectKernelsAsLabelled(document)
                try expectReadline(document, results: tool.results)

                let stored = try await tool.run()
                #expect(stored.status == .exited(0))
                #expect(try stored.document.cells.allSatisfy(\.cached))
                #expect(try verdicts(stored.document) == verdicts(document))

                let warm = try await tool.run("--no-cache")
                #expect(warm.status == .exited(0))
                #expect(try warm.document.kernels.allSatisfy { $0.start == .warm })
                #expect(try warm.document.cells.allSatisfy { !$0.cached })
                #expect(try verdicts(warm.document) == verdicts(document))
                try expectKernelsAsLabelled(warm.document)
            }
        }

        /// The guest's own word for its release is the one in the header of its image.
        private func expectKernelsAsLabelled(_ document: MatrixDocument) throws {
            #expect(Set(Self.kernels).isSubset(of: document.kernels.map(\.id)))
            for row in document.kernels { #expect(row.release == (try Repository.kernel(row.id).releaseLabel)) }
        }

        /// The probe that this project began with: at v1 its bounds check says nothing to 5.4, and is fine since 5.10.
        private func expectReadline(_ document: MatrixDocument, results: FilePath) throws {
            func cell(_ variant: String, _ kernel: String) throws -> CellResult {
                let key = CellKey(kernel: kernel, probe: "readline", variant: variant, loader: "libbpf")
                return try #require(document.cells.first { $0.key == key })
            }
            for kernel in Self.kernels {
                #expect(try cell("fixed-buffer", kernel).verdict == .pass)
                #expect(try cell("percpu-buffer", kernel).verdict == (kernel == "ubuntu-5.4" ? .fail : .pass))
            }
            let program = try #require(try cell("percpu-buffer", "ubuntu-5.4").programs.first)
            let log = try String(
                contentsOfFile: results.pushing(FilePath(#require(program.log))).string, encoding: .utf8)
            #expect(log.contains("R5 min value is negative"))
            #expect(program.cause?.id == "size-negative")
        }

        private func verdicts(_ document: MatrixDocument) -> [CellKey: Verdict] {
            Dictionary(uniqueKeysWithValues: document.cells.map { ($0.key, $0.verdict) })
        }
    }
}
