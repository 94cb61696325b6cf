import Foundation
import HostTools
import MatrixModel
import SystemPackage
import TestSupport
import Testing

@testable import ResultStore

@Suite struct PruneTests {
    /// Runs `a`, `b` and `c`, each with a log of its own and one that all share.
    private static func fill(_ store: ResultStore) throws -> (own: [String], shared: String) {
        let shared = try store.storeLog(Array("shared".utf8))
        let own = try ["a", "b", "c"].map { id in
            let log = try store.storeLog([UInt8](repeating: UInt8(ascii: "x"), count: 2 << 20) + Array(id.utf8))
            var program = ProgramResult.sample("p")
            program.log = log
            var cell = CellResult.sample(programs: [program])
            cell.console = shared
            try store.begin(run: .sample(id))
            try store.record(RecordedCell(cell, position: 0, inputs: nil), in: id)
            try FileManager.default.createDirectory(
                atPath: store.folder(ofRun: id).string, withIntermediateDirectories: true)
            try Data("page".utf8).write(to: URL(filePath: store.folder(ofRun: id).appending("index.html").string))
            return log
        }
        return (own, shared)
    }

    @Test func theOldestRunsAreRemovedWithTheirOwnFiles() async throws {
        try await withFolder { folder in
            let store = try ResultStore(folder: folder)
            let (own, shared) = try Self.fill(store)
            let pruned = try #require(try store.prune(keeping: 1))
            #expect(pruned.runs == ["b", "a"] && pruned.bytes > 0)
            #expect(try store.runs().map(\.run.id) == ["c"])
            #expect(try own.map { try store.log($0) != nil } == [false, false, true])
            #expect(try store.log(shared) == "shared")
            let folders = ["a", "b", "c"].map { FileManager.default.fileExists(atPath: folder.appending($0).string) }
            #expect(folders == [false, false, true])
            #expect(try store.prune(keeping: 1) == ResultStore.Pruned(runs: [], bytes: 0))
            #expect(try store.prune(keeping: 0)?.runs == ["c"])
            #expect(try store.log(shared) == nil)
        }
    }

    @Test func nothingGoesWhileARunIsStored() async throws {
        try await withFolder { folder in
            let store = try ResultStore(folder: folder)
            let (own, _) = try Self.fill(store)
            let lock = try await store.keepFromPruning()
            #expect(try store.prune(keeping: 0) == nil)
            #expect(try store.runs().count == 3)
            #expect(try store.log(own[0]) != nil)
            lock.release()
            #expect(try store.prune(keeping: 0)?.runs.count == 3)
        }
    }
}
