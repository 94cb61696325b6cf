import Foundation
import MatrixModel
import SystemPackage
import TestSupport
import Testing

@testable import ResultStore

@Suite struct LogTests {
    /// SHA-256 of `abc`, FIPS 180-4's own example.
    static let abc = "logs/ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad.txt"

    @Test func storesEachTextOnce() async throws {
        try await withFolder { folder in
            let store = try ResultStore(folder: folder)
            #expect(try store.storeLog(Array("abc".utf8)) == Self.abc)
            let file = folder.string + "/" + Self.abc
            let before = try FileManager.default.attributesOfItem(atPath: file)[.systemFileNumber] as? Int
            #expect(try store.storeLog(Array("abc".utf8)) == Self.abc)
            let after = try FileManager.default.attributesOfItem(atPath: file)[.systemFileNumber] as? Int
            #expect(before != nil && before == after)
            #expect(try names(in: folder.appending("logs")).count == 1)
            #expect(try store.log(Self.abc) == "abc")
        }
    }

    @Test func writesAFileAgainThatWasCutShort() async throws {
        try await withFolder { folder in
            let store = try ResultStore(folder: folder)
            try Data().write(to: URL(filePath: folder.string + "/" + Self.abc))
            _ = try store.storeLog(Array("abc".utf8))
            #expect(try store.log(Self.abc) == "abc")
        }
    }

    @Test func keepsBytesAndShowsText() async throws {
        try await withFolder { folder in
            let store = try ResultStore(folder: folder)
            let reference = try store.storeLog([0x61, 0xFF, 0x0A])
            #expect(try store.log(reference) == "a\u{FFFD}\n")
            #expect(try Data(contentsOf: URL(filePath: folder.string + "/" + reference)) == Data([0x61, 0xFF, 0x0A]))
            let empty = try store.storeLog([])
            #expect(try store.log(empty) == "")
        }
    }

    @Test func aLogThatIsGoneIsNil() async throws {
        try await withFolder { folder in
            let store = try ResultStore(folder: folder)
            #expect(try store.log(Self.abc) == nil)
        }
    }

    @Test(arguments: [
        "", "logs/", "logs/../compat-matrix.sqlite", "../logs/a.txt", "/etc/passwd", "logs/a.txt",
        "compat-matrix.sqlite",
        "logs/\(String(repeating: "../", count: 21))x.txt", "logs/\(String(repeating: "A", count: 64)).txt",
        "logs//\(String(repeating: "a", count: 63)).txt", "logs/\(String(repeating: "a", count: 64)).txt/..",
    ])
    func refusesToClimb(reference: String) async throws {
        try await withFolder { folder in
            let store = try ResultStore(folder: folder)
            #expect(throws: ResultStoreError.badLogReference(reference)) { try store.log(reference) }
        }
    }

    @Test func refusesALinkInTheFolder() async throws {
        try await withFolder { folder in
            let store = try ResultStore(folder: folder)
            let target = folder.string + "/secret"
            try Data("secret".utf8).write(to: URL(filePath: target))
            try FileManager.default.createSymbolicLink(
                atPath: folder.string + "/" + Self.abc, withDestinationPath: target)
            #expect(throws: ResultStoreError.self) { try store.log(Self.abc) }
        }
    }
}
