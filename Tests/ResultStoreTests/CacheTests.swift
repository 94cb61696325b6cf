import MatrixModel
import ResultStore
import SystemPackage
import TestSupport
import Testing

@Suite struct CacheTests {
    private func store(_ verdicts: [(run: String, inputs: String, verdict: Verdict)], in folder: FilePath) throws
        -> ResultStore
    {
        let store = try ResultStore(folder: folder)
        for (run, inputs, verdict) in verdicts {
            try store.begin(run: .sample(run))
            var kernel = KernelRow.sample("debian-6.12")
            kernel.release = "release of \(run)"
            try store.record(kernel: kernel, in: run)
            try store.record(RecordedCell(.sample(verdict: verdict), position: 0, inputs: inputs), in: run)
        }
        return store
    }

    @Test func theNewestPassOrFailAnswers() async throws {
        try await withFolder { folder in
            let store = try store(
                [
                    ("1", "a", .fail), ("2", "a", .pass), ("3", "a", .crash), ("4", "a", .timeout),
                    ("5", "a", .notMeasured),
                ],
                in: folder)
            let found = try store.cached(inputs: ["a", "b"])
            #expect(found.keys.sorted() == ["a"])
            #expect(found["a"]?.cell == .sample(verdict: .pass))
            #expect(found["a"]?.kernel.release == "release of 2")
        }
    }

    @Test(arguments: [Verdict.crash, .timeout, .notMeasured])
    func nothingElseAnswers(verdict: Verdict) async throws {
        try await withFolder { folder in
            let store = try store([("1", "a", verdict)], in: folder)
            #expect(try store.cached(inputs: ["a"]).isEmpty)
        }
    }

    @Test func runsFromElsewhereAndCellsWithoutInputsDoNotAnswer() async throws {
        try await withFolder { folder in
            let store = try ResultStore(folder: folder)
            try store.add(.everyNullable)
            #expect(try store.cached(inputs: [""]).isEmpty)
            #expect(try store.cached(inputs: []).isEmpty)
        }
    }

    @Test func answersAWholeRunAtOnce() async throws {
        try await withFolder { folder in
            let store = try ResultStore(folder: folder)
            try store.begin(run: .sample("r"))
            let kernels = (0..<10).map { KernelRow.sample("debian-6.\($0)") }
            for kernel in kernels { try store.record(kernel: kernel, in: "r") }
            let cells = (0..<5_000).map { index in
                RecordedCell(
                    .sample(kernels[index % 10].id, probe: "p\(index)", programs: [.sample("a"), .sample("b")]),
                    position: index, inputs: "digest-\(index)")
            }
            try store.record(Array(cells.dropLast(100)), in: "r")
            for cell in cells.suffix(100) { try store.record(cell, in: "r") }
            let found = try store.cached(inputs: cells.compactMap(\.inputs))
            #expect(found.count == 5_000)
            #expect(cells.allSatisfy { cell in cell.inputs.flatMap { found[$0] }?.cell == cell.cell })
            #expect(try store.document().cells == cells.map(\.cell))
        }
    }
}
