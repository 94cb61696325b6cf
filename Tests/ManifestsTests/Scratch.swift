import FoundationEssentials
import SystemPackage

/// A folder with `files` (path to text) that is gone afterwards.
func withFolder(_ files: [String: String], _ body: (FilePath) throws -> Void) throws {
    let folder = FilePath(FileManager.default.temporaryDirectory.path).appending("manifests-\(UUID().uuidString)")
    defer { try? FileManager.default.removeItem(atPath: folder.string) }
    try FileManager.default.createDirectory(atPath: folder.string, withIntermediateDirectories: true)
    for (name, text) in files {
        let file = folder.pushing(FilePath(name))
        try FileManager.default.createDirectory(
            atPath: file.removingLastComponent().string, withIntermediateDirectories: true)
        try Data(text.utf8).write(to: URL(filePath: file.string))
    }
    try body(folder)
}
