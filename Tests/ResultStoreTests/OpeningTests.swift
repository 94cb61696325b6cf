import Foundation
import GRDB
import MatrixModel
import SystemPackage
import TestSupport
import Testing

@testable import ResultStore

@Suite struct OpeningTests {
    private func database(in folder: FilePath, _ sql: String) throws {
        let queue = try DatabaseQueue(path: folder.appending("compat-matrix.sqlite").string)
        try queue.write { try $0.execute(sql: sql) }
        try queue.close()
    }

    @Test func createsEveryFolder() async throws {
        try await withFolder { folder in
            let deep = folder.appending("a").appending("b")
            let store = try ResultStore(folder: deep)
            #expect(try store.runs().isEmpty)
            let expected = ["compat-matrix.lock", "compat-matrix.sqlite", "logs"]
            #expect(try names(in: deep).filter { !$0.contains("sqlite-") } == expected)
        }
    }

    /// The first version as it was released; a change of `Schema` that breaks such a file fails here.
    @Test func opensADatabaseOfTheFirstVersion() async throws {
        try await withFolder { folder in
            try database(in: folder, firstVersion)
            let store = try ResultStore(folder: folder)
            let document = try store.document()
            #expect(document.run == .sample("20261122T100000Z-1a2b"))
            #expect(document.kernels == [.sample("debian-6.12")])
            #expect(document.cells == [.sample()])
            #expect(try store.cached(inputs: ["digest"])["digest"]?.cell == .sample())
            // The duration of a cell was not measured then.
            #expect(try store.expectedSeconds(of: [CellResult.sample().key]) == [:])
            try store.add(.everyNullable.named("new"))
            #expect(try store.document(run: "new") == .everyNullable.named("new"))
        }
    }

    @Test func leavesOtherDatabasesAlone() async throws {
        try await withFolder { folder in
            let path = folder.appending("compat-matrix.sqlite")
            try database(in: folder, "CREATE TABLE bookmarks (url TEXT)")
            let before = try Data(contentsOf: URL(filePath: path.string))
            #expect(throws: ResultStoreError.foreignDatabase(path)) { try ResultStore(folder: folder) }
            #expect(try Data(contentsOf: URL(filePath: path.string)) == before)
        }
    }

    @Test func foreignFileIsReported() async throws {
        try await withFolder { folder in
            let path = folder.appending("compat-matrix.sqlite")
            try Data(String(repeating: "not a database ", count: 500).utf8).write(to: URL(filePath: path.string))
            #expect(throws: ResultStoreError.foreignDatabase(path)) { try ResultStore(folder: folder) }
        }
    }

    @Test func newerDatabaseIsReported() async throws {
        try await withFolder { folder in
            let path = folder.appending("compat-matrix.sqlite")
            _ = try ResultStore(folder: folder)
            try database(in: folder, "INSERT INTO grdb_migrations VALUES ('v99 something new')")
            #expect(throws: ResultStoreError.newerDatabase(path)) { try ResultStore(folder: folder) }
        }
    }

    @Test func unusableFolderIsReported() async throws {
        try await withFolder { folder in
            let file = folder.appending("file")
            try Data().write(to: URL(filePath: file.string))
            for inside in [file, file.appending("results")] {
                let error = #expect(throws: ResultStoreError.self) { try ResultStore(folder: inside) }
                guard case .folderUnusable(let path, .notDirectory) = error else {
                    Issue.record("\(String(describing: error))")
                    continue
                }
                #expect(path.string.hasPrefix(file.string))
            }
        }
    }

    @Test func fullDiskIsReported() async throws {
        try await withFolder { folder in
            let store = try ResultStore(folder: folder)
            try store.queue.inDatabase { try $0.execute(sql: "PRAGMA max_page_count = 1") }
            #expect(throws: ResultStoreError.diskFull(store.databasePath)) {
                for number in 0..<10_000 { try store.begin(run: .sample("run-\(number)")) }
            }
            #expect(ResultStoreError(Errno.noSpace, at: folder) == .diskFull(folder))
        }
    }

    /// As processes do: each with its own connection, all from the creation of the database on.
    @Test func manyWritersShareOneFolder() async throws {
        try await withFolder { folder in
            try await withThrowingTaskGroup(of: Void.self) { group in
                for writer in 0..<6 {
                    group.addTask {
                        let store = try ResultStore(folder: folder)
                        try store.begin(run: .sample("run-\(writer)"))
                        for cell in 0..<40 {
                            _ = try store.storeLog(Array("log \(cell)".utf8))
                            try store.record(
                                RecordedCell(.sample(probe: "p\(cell)"), position: cell, inputs: nil),
                                in: "run-\(writer)")
                        }
                        try store.finish(run: "run-\(writer)", durationSeconds: 1)
                    }
                }
                try await group.waitForAll()
            }
            let runs = try ResultStore(folder: folder).runs()
            #expect(runs.count == 6)
            #expect(runs.allSatisfy { $0.isFinished && $0.counts == [.pass: 40] })
            #expect(try names(in: folder.appending("logs")).count == 40)
        }
    }
}

extension MatrixDocument {
    fileprivate func named(_ id: String) -> MatrixDocument {
        var copy = self
        copy.run.id = id
        copy.run.startedAt = "2026-11-22T11:00:00Z"
        return copy
    }
}
