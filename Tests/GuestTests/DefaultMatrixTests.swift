import Foundation
import KernelStore
import Manifests
import MatrixModel
import Subprocess
import SystemPackage
import Testing

extension GuestTests {
    /// What `make run` measures.
    @Suite struct DefaultMatrixTests {
        /// Those of the catalogue whose archives anybody can reach.
        private let kernels: [KernelManifest]

        init() throws {
            kernels = try KernelStore(catalogueFolders: [Repository.kernels], cache: Repository.cache).catalogue()
                .filter { if case .apt = $0.source { true } else { false } }
        }

        /// Three runs of the same: booted, answered from the store, and from snapshots.
        @Test func theDefaultMatrixIsAsExpectedColdStoredAndWarm() async throws {
            try await Installation.with { tool in
                #expect(kernels.count >= 9)
                let cold = try await tool.run("--no-cache", "--allow-missing")
                Attachment.record(cold.messages, named: "stderr.txt")
                let document = try cold.document
                #expect(cold.status == .exited(0))
                #expect(document.cells.filter { !$0.asExpected && $0.verdict != .notMeasured }.map(\.key) == [])
                #expect(unmeasured(document) == [])
                #expect(measured(document).allSatisfy { $0.start == .cold })
                try expectKernelsAsLabelled(document)
                try expectReadline(document, results: tool.results)

                let stored = try await tool.run("--allow-missing")
                #expect(stored.status == .exited(0))
                #expect(try stored.document.cells.allSatisfy { $0.cached || $0.verdict == .notMeasured })
                #expect(try verdicts(stored.document) == verdicts(document))

                let warm = try await tool.run("--no-cache", "--allow-missing")
                #expect(warm.status == .exited(0))
                #expect(try measured(warm.document).allSatisfy { $0.start == .warm })
                #expect(try warm.document.cells.allSatisfy { !$0.cached })
                #expect(try verdicts(warm.document) == verdicts(document))
                try expectKernelsAsLabelled(warm.document)
            }
        }

        /// The cells of kernels that were reached and that could not be measured all the same, with the reason.
        private func unmeasured(_ document: MatrixDocument) -> [String] {
            let reached = Set(measured(document).map(\.id))
            return document.cells.filter { $0.verdict == .notMeasured && reached.contains($0.kernel) }
                .map { "\($0.key): \($0.reason ?? "")" }
        }

        /// The guest's own word for its release is the one in the header of its image.
        private func expectKernelsAsLabelled(_ document: MatrixDocument) throws {
            let measured = measured(document)
            #expect(Set(kernels.map(\.id.text)).isSubset(of: measured.map(\.id)))
            for row in measured { #expect(row.release == (try Repository.kernel(row.id).releaseLabel)) }
        }

        private func measured(_ document: MatrixDocument) -> [KernelRow] {
            document.kernels.filter { $0.status == .measured }
        }

        /// The probe that this project began with: the line that is typed comes back wherever it loads.
        ///
        /// At v1 its bounds check says nothing to 5.4, and is fine since 5.10.
        private func expectReadline(_ document: MatrixDocument, results: FilePath) throws {
            func cell(_ variant: String, _ kernel: String, loader: String = "libbpf") throws -> CellResult {
                let key = CellKey(kernel: kernel, probe: "readline", variant: variant, loader: loader)
                return try #require(document.cells.first { $0.key == key })
            }
            let passing = document.cells.filter { $0.probe == "readline" && $0.verdict == .pass }
            for cell in passing {
                #expect(
                    cell.stage == .fire && cell.event?.contains("echo hello") == true, "\(cell.key) \(cell.event ?? "")"
                )
            }
            for kernel in kernels {
                #expect(try cell("fixed-buffer", kernel.id.text).verdict == .pass)
                #expect(try cell("tracefs", kernel.id.text, loader: "tracefs").verdict == .pass)
                let isOld = kernel.id.labelled < KernelRelease(5, 10)
                #expect(try cell("percpu-buffer", kernel.id.text).verdict == (isOld ? .fail : .pass))
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
