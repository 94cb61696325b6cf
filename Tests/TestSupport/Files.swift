internal import Foundation
package import SystemPackage

/// Runs `body` with an empty folder, which is gone afterwards.
package func withFolder<Value>(_ body: (FilePath) async throws -> Value) async throws -> Value {
    let folder = try newFolder()
    defer { try? FileManager.default.removeItem(atPath: folder.string) }
    return try await body(folder)
}

/// Runs `body` with a folder that contains `files` (path to text), and is gone afterwards.
package func withFolder<Value>(_ files: [String: String], _ body: (FilePath) throws -> Value) throws -> Value {
    let folder = try newFolder()
    defer { try? FileManager.default.removeItem(atPath: folder.string) }
    for (name, text) in files { try write(text, to: folder.pushing(FilePath(name))) }
    return try body(folder)
}

private func newFolder() throws -> FilePath {
    let name = "compat-matrix-tests-\(UUID().uuidString)"
    let folder = FilePath(FileManager.default.temporaryDirectory.path).appending(name)
    try FileManager.default.createDirectory(atPath: folder.string, withIntermediateDirectories: true)
    return folder
}

/// Writes a file, and creates the folders above it.
@discardableResult
package func write(_ bytes: some Sequence<UInt8>, to file: FilePath) throws -> FilePath {
    try FileManager.default.createDirectory(
        atPath: file.removingLastComponent().string, withIntermediateDirectories: true)
    try Data(bytes).write(to: URL(filePath: file.string))
    return file
}

@discardableResult
package func write(_ text: String, to file: FilePath) throws -> FilePath { try write(text.utf8, to: file) }

package func contents(of file: FilePath) throws -> [UInt8] {
    [UInt8](try Data(contentsOf: URL(filePath: file.string)))
}

/// The names in `folder`, sorted.
package func names(in folder: FilePath) throws -> [String] {
    try FileManager.default.contentsOfDirectory(atPath: folder.string).sorted()
}

/// Every file and folder below `folder`, by path; none if it does not exist.
package func everything(below folder: FilePath) throws -> [String] {
    guard FileManager.default.fileExists(atPath: folder.string) else { return [] }
    return try FileManager.default.subpathsOfDirectory(atPath: folder.string).sorted()
}

/// The repository that these tests were built in.
package enum SourceTree {
    package static let root = FilePath(#filePath).removingLastComponent().pushing("../..").lexicallyNormalized()
}
