import Foundation
import KernelStore
import Manifests
import MatrixModel
import Subprocess
import SystemPackage
import Testing

extension CommandTests {
    /// What `make run` measures.
    @Suite(.serialized, .ownProcessorForLong) struct DefaultMatrixTests {
        /// Those of the catalogue whose archives anybody can reach.
        private let kernels: [KernelManifest]

        init() throws {
            kernels = try KernelStore(catalogueFolders: [Repository.kernels], cache: Repository.cache).catalogue()
                .filter { if case .apt = $0.source { true } else { false } }
        }

        /// Three runs of the same: booted, answered from the store, and from snapshots.
        @Test func theDefaultMatrixIsAsExpectedColdStoredAndWarm() async throws {
            try await Installation.with(snapshots: .own) { tool in
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
                try expectPlaces(document, in: tool.work)

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

        /// Where a kernel shows the source, the line that is named has that text in the file, and is the one that kernels since 6.8
        /// name; older kernels, which show none, have the same line.
        private func expectPlaces(_ document: MatrixDocument, in folder: FilePath) throws {
            let refused = document.cells.flatMap { cell in cell.programs.compactMap(\.cause).map { (cell, $0) } }
            let shown = refused.filter { $0.1.source != nil }
            #expect(shown.contains { $0.1.source?.contains(" @ ") == true })
            for (cell, cause) in shown {
                let source = try #require(cause.source).split(separator: " @ ")
                let place = try #require(cause.location, "\(cell.key)")
                let file = folder.pushing(FilePath(place.file))
                let lines = try String(contentsOfFile: file.string, encoding: .utf8)
                    .split(separator: "\n", omittingEmptySubsequences: false)
                try #require(lines.indices.contains(place.line - 1), "\(cell.key)")
                #expect(lines[place.line - 1].trimmingCharacters(in: .whitespaces) == source[0], "\(cell.key)")
                if source.count > 1 {
                    #expect("\(file.lastComponent?.string ?? ""):\(place.line)" == source[1], "\(cell.key)")
                }
            }
            func lines(on kernel: String) -> Set<CodeLocation> {
                Set(
                    refused.filter { $0.0.variant == "percpu-buffer-unchecked" && $0.0.kernel == kernel }
                        .compactMap(\.1.location))
            }
            #expect(lines(on: "ubuntu-4.15").count == 1)
            #expect(lines(on: "ubuntu-4.15") == lines(on: "debian-6.12"))
        }

        private func verdicts(_ document: MatrixDocument) -> [CellKey: Verdict] {
            Dictionary(uniqueKeysWithValues: document.cells.map { ($0.key, $0.verdict) })
        }
    }
}
