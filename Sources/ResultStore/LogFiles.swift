import FoundationEssentials
import Glibc
import HostTools
import SystemPackage

/// Texts named by their digest: `<sha256>.txt`, long ones `<sha256>.txt.gz`.
struct LogFiles: Sendable {
    let path: FilePath

    /// Creates the folder and its parents.
    init(_ path: FilePath) throws {
        self.path = path
        try Self.create(path)
    }

    /// Longer texts are compressed.
    static let plainLimit = 1 << 20

    func store(_ bytes: [UInt8]) throws -> String {
        guard bytes.count <= Self.plainLimit else {
            let writer = try LogWriter(in: path)
            try writer.append(bytes)
            return try writer.keep()
        }
        let name = LogName(digest: Digest.of(bytes))
        let file = path.appending(name.plain)
        if try size(of: file) != bytes.count { try write(bytes, to: file) }
        return name.reference
    }

    /// Passes the bytes to `body` in parts and returns the file's name; `nil` if the file is gone.
    func read(_ reference: String, _ body: (UnsafeRawBufferPointer) throws -> Void) throws -> String? {
        let name = try LogName(reference: reference)
        for candidate in [name.plain, name.compressed] {
            guard var file = try GzipFile.open(path.appending(candidate)) else { continue }
            try file.read(body)
            return candidate
        }
        return nil
    }

    func has(_ reference: String) throws -> Bool {
        let name = try LogName(reference: reference)
        return try [name.plain, name.compressed].contains { try size(of: path.appending($0)) != nil }
    }

    /// `nil` if the file does not exist.
    ///
    /// A file truncated by a power failure has a different size, and is written again.
    private func size(of file: FilePath) throws -> Int? {
        var status = stat()
        guard lstat(file.string, &status) != 0 else { return Int(status.st_size) }
        let error = Errno(rawValue: errno)
        guard error == .noSuchFileOrDirectory else { throw ResultStoreError(error, at: file) }
        return nil
    }

    /// Readers see the complete file or none, even if another process writes the same digest.
    private func write(_ bytes: [UInt8], to file: FilePath) throws {
        do { try AtomicFile.write(bytes, to: file) } catch { throw ResultStoreError(error, at: file) }
    }

    private static func create(_ path: FilePath) throws {
        var folder = path.isAbsolute ? FilePath("/") : FilePath("")
        for component in path.components {
            folder.append(component)
            guard mkdir(folder.string, 0o755) != 0 else { continue }
            let error = Errno(rawValue: errno)
            // An existing parent folder may be one in which nothing can be created.
            guard error == .fileExists || access(folder.string, F_OK) == 0 else {
                throw ResultStoreError(error, at: folder)
            }
        }
        guard access(path.string, W_OK | X_OK) == 0 else { throw ResultStoreError(Errno(rawValue: errno), at: path) }
    }
}
