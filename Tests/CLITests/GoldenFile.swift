import Foundation
import SystemPackage
import Testing

/// A text that users see, kept in `Golden/`, so that every change of it shows up in a diff.
///
/// To write the files again after a change, run the test with `COMPAT_MATRIX_UPDATE_GOLDEN=1` and read the diff.
enum GoldenFile {
    private static let folder = FilePath(#filePath).removingLastComponent().appending("Golden")

    private static let isUpdating = ProcessInfo.processInfo.environment["COMPAT_MATRIX_UPDATE_GOLDEN"] == "1"

    /// Compares `text` with the golden file `name`, a path below `Golden/`.
    static func expect(
        _ text: String, _ name: String, sourceLocation: SourceLocation = #_sourceLocation
    ) throws {
        let file = folder.appending(name)
        if isUpdating {
            try Data(text.utf8).write(to: URL(filePath: file.string))
            return
        }
        let golden = FileManager.default.contents(atPath: file.string).map { String(decoding: $0, as: UTF8.self) }
        #expect(
            text == golden, "run with COMPAT_MATRIX_UPDATE_GOLDEN=1 if this is intended", sourceLocation: sourceLocation
        )
    }

    /// The names of the golden files in `group`, a folder of `Golden/`.
    static func names(in group: String) throws -> Set<String> {
        Set(try FileManager.default.contentsOfDirectory(atPath: folder.appending(group).string))
    }
}
