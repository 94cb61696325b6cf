import MatrixModel
import SystemPackage
import TestSupport
import Testing

@testable import ResultStore

@Suite struct SecondsTests {
    private func record(_ cells: [CellResult], run: String, in store: ResultStore) throws {
        try store.begin(run: .sample(run))
        try store.record(
            cells.enumerated().map { RecordedCell($1, position: $0, inputs: "inputs \($0)") }, in: run)
    }

    @Test func expectsTheTimeOfTheNewestMeasurement() async throws {
        try await withFolder { folder in
            let store = try ResultStore(folder: folder)
            let (short, long) = (CellResult.sample(probe: "short"), CellResult.sample(probe: "long"))
            for (run, seconds) in [("1", 9.0), ("2", 0.5)] {
                try record(
                    [.sample(probe: "short", seconds: seconds), .sample(probe: "long", seconds: 20 * seconds)],
                    run: run,
                    in: store)
            }
            #expect(
                try store.expectedSeconds(of: [short.key, long.key, CellResult.sample("debian-5.10").key])
                    == [short.key: 0.5, long.key: 10])
            // A verdict that answers no later run says as much about the time as any other.
            try record([.sample(probe: "short", verdict: .timeout, seconds: 120)], run: "3", in: store)
            #expect(try store.expectedSeconds(of: [short.key]) == [short.key: 120])
        }
    }

    @Test func countsOnlyWhatThisStoreMeasured() async throws {
        try await withFolder { folder in
            let store = try ResultStore(folder: folder)
            try record([.sample(seconds: 3)], run: "1", in: store)
            var cached = CellResult.sample(seconds: 4)
            cached.cached = true
            try record([cached], run: "2", in: store)
            try record([.sample(verdict: .crash)], run: "3", in: store)
            try store.add(MatrixDocument(run: .sample("elsewhere"), kernels: [], cells: [.sample(seconds: 5)]))
            #expect(try store.expectedSeconds(of: [cached.key]) == [cached.key: 3])
        }
    }

    @Test func answersAboutThousandsOfCells() async throws {
        try await withFolder { folder in
            let store = try ResultStore(folder: folder)
            let cells = (0..<5_000).map { CellResult.sample(probe: "p\($0)", seconds: Double($0)) }
            try record(cells, run: "1", in: store)
            let expected = Dictionary(uniqueKeysWithValues: cells.enumerated().map { ($1.key, Double($0)) })
            #expect(try store.expectedSeconds(of: cells.map(\.key)) == expected)
        }
    }
}
