import Foundation
import MatrixModel
import SystemPackage
import TestSupport
import Testing

@testable import ResultStore

@Suite struct LongLogTests {
    /// Of `abc`, as in `LogTests`.
    private static let abc = LogTests.abc

    private static func lines(_ count: Int) -> String { (0..<count).map { "line \($0) of a log\n" }.joined() }

    @Test func isNamedByItsTextAndReadAsAnyOther() async throws {
        try await withFolder { folder in
            let store = try ResultStore(folder: folder)
            let writer = try store.logWriter()
            for part in ["a", "", "bc"] { try writer.append(Array(part.utf8)) }
            #expect(try writer.keep() == Self.abc)
            #expect(try writer.keep() == Self.abc)
            #expect(try names(in: folder.appending("logs")) == ["\(FilePath(Self.abc).lastComponent?.string ?? "").gz"])
            #expect(try store.log(Self.abc) == "abc")
            #expect(try store.logEnds(Self.abc)?.file == "\(Self.abc).gz")
        }
    }

    /// A cell that is tried again, and a run that is interrupted, leave nothing behind.
    @Test func isRemovedUnlessKept() async throws {
        try await withFolder { folder in
            let store = try ResultStore(folder: folder)
            do { try store.logWriter().append(Array("abc".utf8)) }
            #expect(try names(in: folder.appending("logs")) == [])
        }
    }

    @Test func longTextIsCompressedInAnyPieces() async throws {
        try await withFolder { folder in
            let store = try ResultStore(folder: folder)
            let text = Self.lines(80_000)
            let reference = try store.storeLog(Array(text.utf8))
            let writer = try store.logWriter()
            try writer.append(Array(text.utf8))
            #expect(try writer.keep() == reference)
            #expect(try store.log(reference) == text)
            var bytes = 0
            #expect(try store.readLog(reference) { bytes += $0.count })
            #expect(bytes == text.utf8.count)
            let size = try FileManager.default.attributesOfItem(atPath: "\(folder)/\(reference).gz")[.size] as? Int
            #expect(try #require(size) < text.utf8.count / 3)
        }
    }

    @Test(arguments: [100, 1000, 4096, 1 << 20])
    func showsBothEndsInWholeLines(limit: Int) async throws {
        try await withFolder { folder in
            let store = try ResultStore(folder: folder)
            let text = Self.lines(2000)
            let reference = try store.storeLog(Array(text.utf8))
            let ends = try #require(try store.logEnds(reference, limit: limit))
            #expect(ends.head.utf8.count + ends.tail.utf8.count <= max(limit, text.utf8.count))
            #expect(text.hasPrefix(ends.head))
            #expect(text.hasSuffix(ends.tail))
            #expect(ends.head.isEmpty || ends.head.hasSuffix("\n"))
            let shown = (ends.head + ends.tail).split(separator: "\n").count
            #expect(shown + ends.omittedLines == 2000)
            #expect((ends.omittedLines == 0) == (limit > text.utf8.count))
        }
    }

    @Test func truncatedFileIsReported() async throws {
        try await withFolder { folder in
            let store = try ResultStore(folder: folder)
            let reference = try store.storeLog(Array(Self.lines(80_000).utf8))
            let file = FilePath("\(folder)/\(reference).gz")
            let whole = try Data(contentsOf: URL(filePath: file.string))
            try whole.prefix(whole.count / 2).write(to: URL(filePath: file.string))
            #expect(throws: ResultStoreError.damagedLog(file)) { try store.logEnds(reference) }
            // The next run with this log repairs it.
            #expect(try store.storeLog(Array(Self.lines(80_000).utf8)) == reference)
            #expect(try store.log(reference) == Self.lines(80_000))
        }
    }
}
