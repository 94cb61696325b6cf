import KernelStore
import Machine
import MatrixModel
import MatrixRunner
import ProbeObject
import SystemPackage
import TestSupport
import Testing

extension GuestTests {
    /// Every way of attaching and every way in which an event comes back, on real kernels.
    @Suite(.serialized, .ownProcessor, StageObjects()) struct StageTests {
        /// The oldest, one without and one with the kernel's BTF, the newest.
        @Test(arguments: ["ubuntu-4.15", "ubuntu-5.4", "debian-6.1", "debian-7.3"])
        func programsGoAsFarAsTheKernelLetsThem(id: String) async throws {
            let kernel = try Repository.kernel(id)
            let release = try #require(KernelRelease(kernel.releaseLabel))
            let cells = StageCell.cells(of: id)
            let measurement = try await measure(cells, on: kernel)
            for cell in cells {
                let result = try #require(measurement.cells[cell.name])
                cell.expect(result, measurement.evidence[cell.name], on: release)
            }
        }

        private func measure(_ cells: [StageCell], on kernel: KernelImage) async throws -> Measurement {
            let objects = try #require(StageObjects.folder)
            return try await Bench.with(guest: Repository.guestTools) { bench in
                let planned = try cells.map { try plan($0, on: kernel, objects: objects) }
                return try await Measurement(
                    KernelBatch(kernel: kernel.id, spec: bench.spec(kernel), cells: planned), backend: bench.backend(),
                    cellLimit: .seconds(90))
            }
        }

        private func plan(_ cell: StageCell, on kernel: KernelImage, objects: FilePath) throws -> PlannedCell {
            let key = CellKey(kernel: kernel.id.text, probe: "stages", variant: cell.name, loader: cell.loader)
            guard cell.source != nil else {
                return PlannedCell(key: key, object: nil, programs: [], plan: cell.plan, expectations: [])
            }
            let object = objects.appending(cell.object)
            return PlannedCell(
                key: key, object: PlannedFile(path: object, digest: cell.object),
                programs: try ObjectFile(object).programs.map(\.name), plan: cell.plan, expectations: [])
        }
    }
}

/// Compiles the cells' objects once for all kernels.
private struct StageObjects: SuiteTrait, TestScoping {
    @TaskLocal static var folder: FilePath?

    func provideScope(
        for test: Test, testCase: Test.Case?, performing function: @concurrent @Sendable () async throws -> Void
    ) async throws {
        try await withFolder { folder in
            for cell in StageCell.all {
                guard let source = cell.source else { continue }
                try await compileObject(StageSource.prelude + source, to: folder.appending(cell.object))
            }
            try await Self.$folder.withValue(folder) { try await function() }
        }
    }
}
