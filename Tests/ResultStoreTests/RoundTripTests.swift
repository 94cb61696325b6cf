import GRDB
import MatrixModel
import SystemPackage
import TestSupport
import Testing

@testable import ResultStore

@Suite struct RoundTripTests {
    @Test func documentRoundTrips() async throws {
        try await withFolder { folder in
            try ResultStore(folder: folder).add(.everyNullable)
            // Opened again: nothing may live in memory only.
            #expect(try ResultStore(folder: folder).document() == .everyNullable)
        }
    }

    @Test func cellsComeBackInTheOrderOfThePlan() async throws {
        try await withFolder { folder in
            let store = try ResultStore(folder: folder)
            try store.begin(run: .sample("r"))
            let cells = ["d", "a", "c", "b"].map { CellResult.sample(probe: $0) }
            for position in [2, 0, 3, 1] {
                try store.record(RecordedCell(cells[position], position: position, inputs: nil), in: "r")
            }
            for id in ["debian-6.12", "debian-5.10", "ubuntu-5.4"] { try store.record(kernel: .sample(id), in: "r") }
            let document = try store.document(run: "r")
            #expect(document.cells == cells)
            #expect(document.kernels.map(\.id) == ["ubuntu-5.4", "debian-5.10", "debian-6.12"])
        }
    }

    @Test func recordingAgainReplaces() async throws {
        try await withFolder { folder in
            let store = try ResultStore(folder: folder)
            try store.begin(run: .sample("r"))
            let first = CellResult.sample(verdict: .fail, programs: [.sample("a"), .sample("b")])
            let second = CellResult.sample(programs: [.sample("c")])
            for cell in [first, second] { try store.record(RecordedCell(cell, position: 0, inputs: "i"), in: "r") }
            var kernel = KernelRow.sample("debian-6.12")
            try store.record(kernel: kernel, in: "r")
            kernel.release = nil
            try store.record(kernel: kernel, in: "r")
            let document = try store.document(run: "r")
            #expect(document.cells == [second])
            #expect(document.kernels == [kernel])
            let programs = try store.read { try Int.fetchOne($0, sql: "SELECT count(*) FROM programs") }
            #expect(programs == 1)
        }
    }

    @Test func aRunIsInterruptedUntilItIsFinished() async throws {
        try await withFolder { folder in
            let store = try ResultStore(folder: folder)
            try store.begin(run: .sample("r"))
            let verdicts: [Verdict] = [.pass, .fail, .crash, .notMeasured]
            try store.record(
                verdicts.enumerated().map { position, verdict in
                    RecordedCell(.sample(probe: "p\(position)", verdict: verdict), position: position, inputs: nil)
                }, in: "r")
            let running = try #require(store.runs().first)
            #expect(!running.isFinished)
            #expect(running.counts == [.pass: 1, .fail: 1, .crash: 1, .notMeasured: 1])
            #expect(running.unexpected == 2)
            try store.finish(run: "r", durationSeconds: 7.5)
            let finished = try #require(store.runs().first)
            #expect(finished.isFinished)
            #expect(finished.run.durationSeconds == 7.5)
        }
    }

    @Test func findsARunByItsBeginning() async throws {
        try await withFolder { folder in
            let store = try ResultStore(folder: folder)
            #expect(throws: ResultStoreError.noRuns(folder)) { try store.run(matching: nil) }
            for (id, hour) in [("20261122T100000Z-1a", 10), ("20261122T120000Z-2b", 12), ("20261122T1", 11)] {
                try store.begin(run: .sample(id, startedAt: "2026-11-22T\(hour):00:00Z"))
            }
            #expect(try store.run(matching: nil) == "20261122T120000Z-2b")
            #expect(try store.run(matching: "20261122T12") == "20261122T120000Z-2b")
            #expect(try store.run(matching: "20261122T1") == "20261122T1")
            #expect(try store.runs().map(\.run.id) == ["20261122T120000Z-2b", "20261122T1", "20261122T100000Z-1a"])
            #expect(
                throws: ResultStoreError.ambiguousRun(
                    "2026", ["20261122T1", "20261122T100000Z-1a", "20261122T120000Z-2b"])
            ) { try store.run(matching: "2026") }
            for unknown in ["", "2027", "%", "2026_"] {
                #expect(throws: ResultStoreError.unknownRun(unknown)) { try store.run(matching: unknown) }
            }
        }
    }

    @Test func refusesWhatDoesNotFit() async throws {
        try await withFolder { folder in
            let store = try ResultStore(folder: folder)
            try store.begin(run: .sample("r"))
            #expect(throws: ResultStoreError.runExists("r")) { try store.begin(run: .sample("r")) }
            #expect(throws: ResultStoreError.unknownRun("s")) { try store.finish(run: "s", durationSeconds: 1) }
            #expect(throws: ResultStoreError.unknownRun("s")) {
                try store.record(RecordedCell(.sample(), position: 0, inputs: nil), in: "s")
            }
        }
    }

    @Test(arguments: ["cells SET verdict = 'loads'", "cells SET stage = ''", "kernels SET status = 'odd'"])
    func theSchemaDefendsItself(change: String) async throws {
        try await withFolder { folder in
            let store = try ResultStore(folder: folder)
            try store.add(.everyNullable)
            #expect(throws: DatabaseError.self) { try store.queue.write { try $0.execute(sql: "UPDATE " + change) } }
        }
    }
}
