import Foundation
package import SystemPackage

/// Searches for BPF objects below a folder.
package struct ObjectSearch {
    /// Relative to the folder, sorted.
    package private(set) var objects: [FilePath] = []
    /// Errors in files that are named like BPF objects but are none.
    package private(set) var complaints: [String] = []
    /// Whether there were too many files to search all of them.
    package private(set) var isCutShort = false
    private var files = 0

    /// Enough for real projects, and a limit in case it is started in `/`.
    package static let mostFiles = 20_000
    private static let deepest = 8

    /// Folders with third-party files, or without build output.
    private static let ignored: Set<String> = [
        ".git", ".hg", ".svn", ".cache", ".venv", ".build", "node_modules", "__pycache__", "results",
    ]

    package static func objects(below folder: FilePath) -> ObjectSearch {
        var search = ObjectSearch()
        search.look(in: folder, as: FilePath(""), depth: 0)
        search.objects.sort { $0.string < $1.string }
        return search
    }

    /// Skips everything below folders named `folder`.
    package mutating func leaveOut(_ folder: String) {
        objects.removeAll { $0.components.first?.string == folder }
    }

    private mutating func look(in root: FilePath, as relative: FilePath, depth: Int) {
        let folder = root.pushing(relative)
        // A folder that cannot be read contains nothing for this user.
        let names = (try? FileManager.default.contentsOfDirectory(atPath: folder.string)) ?? []
        for name in names.sorted() {
            files += 1
            guard files <= Self.mostFiles else {
                isCutShort = true
                return
            }
            let path = folder.appending(name)
            switch Self.kind(of: path) {
            case .folder where depth < Self.deepest && !Self.ignored.contains(name):
                look(in: root, as: relative.appending(name), depth: depth + 1)
            case .file where name.hasSuffix(".o"): examine(path, as: relative.appending(name))
            default: break
            }
        }
    }

    private mutating func examine(_ file: FilePath, as relative: FilePath) {
        do {
            _ = try ObjectFile(file)
            objects.append(relative)
        } catch {
            // Most files with `.o` are for the host and are ignored.
            if relative.string.hasSuffix(".bpf.o") { complaints.append("\(error)") }
        }
    }

    private enum Kind { case folder, file, other }

    /// A link counts as neither: its target is found elsewhere, or may lead back here.
    private static func kind(of path: FilePath) -> Kind {
        guard let status = try? Stat(path, followTargetSymlink: false) else { return .other }
        return switch status.type {
        case .directory: .folder
        case .regular: .file
        default: .other
        }
    }
}
