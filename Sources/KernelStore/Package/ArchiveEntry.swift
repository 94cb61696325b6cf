import CArchive
import SystemPackage

/// The archive header of one file.
struct ArchiveEntry: Equatable {
    enum Kind: Equatable {
        case file
        case folder
        /// `isHard` targets are paths of the archive; others are relative to the link's folder.
        case link(to: String, isHard: Bool)
        /// Devices, pipes, sockets.
        case other
    }

    /// As in the archive; never used as an output path.
    let path: String
    /// In bytes.
    let size: Int64
    let kind: Kind
    /// Where the entry's header starts in the archive.
    let headerOffset: Int64

    init(_ entry: OpaquePointer, headerOffset: Int64) {
        func text(_ pointer: UnsafePointer<CChar>?) -> String? { pointer.map { String(cString: $0) } }
        path = text(archive_entry_pathname(entry)) ?? text(archive_entry_pathname_utf8(entry)) ?? ""
        size = max(0, archive_entry_size(entry))
        self.headerOffset = headerOffset
        if let target = text(archive_entry_hardlink(entry)) {
            kind = .link(to: target, isHard: true)
        } else {
            kind =
                switch FileMode(rawValue: archive_entry_filetype(entry)).type {
                case .regular: .file
                case .directory: .folder
                case .symbolicLink: .link(to: text(archive_entry_symlink(entry)) ?? "", isHard: false)
                default: .other
                }
        }
    }

    /// The names along the path, `./boot/vmlinuz` as `boot`, `vmlinuz`.
    var components: [Substring] { ArchivePath.components(of: path) }
}

/// Paths in archives.
enum ArchivePath {
    /// Linux's PATH_MAX: longer paths cannot be installed.
    static let lengthLimit = 4096

    /// Empty for a path that is too long.
    static func components(of path: String) -> [Substring] {
        guard path.utf8.count <= lengthLimit else { return [] }
        return path.split(separator: "/").filter { $0 != "." }
    }
}
