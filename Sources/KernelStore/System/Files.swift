import FoundationEssentials
import Glibc
import HostTools
import SystemPackage

/// The few file operations of this module; each names the file it failed on.
enum Files {
    /// `nil` if the file does not exist.
    static func readIfThere(_ file: FilePath) throws(KernelStoreError) -> [UInt8]? {
        guard let found = try status(file) else { return nil }
        return try readStart(of: file, limit: Int(found.size))
    }

    /// At most the first `limit` bytes.
    static func readStart(of file: FilePath, limit: Int) throws(KernelStoreError) -> [UInt8] {
        do {
            let descriptor = try FileDescriptor.open(file, .readOnly)
            defer { try? descriptor.close() }
            var bytes = [UInt8](repeating: 0, count: limit)
            var filled = 0
            while filled < limit {
                let count = try bytes.withUnsafeMutableBytes {
                    try descriptor.read(into: UnsafeMutableRawBufferPointer(rebasing: $0[filled...]))
                }
                guard count > 0 else { break }
                filled += count
            }
            return Array(bytes[..<filled])
        } catch {
            throw .unreadable(file: file, errno: error as? Errno ?? .ioError)
        }
    }

    /// Hands the file to `body` piece by piece, so that it never is in memory as a whole.
    static func forEachPiece(
        of file: FilePath, _ body: (UnsafeRawBufferPointer) throws -> Void
    ) throws(KernelStoreError) {
        do {
            let descriptor = try FileDescriptor.open(file, .readOnly)
            try descriptor.closeAfter {
                let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 1 << 20, alignment: 16)
                defer { buffer.deallocate() }
                while case let count = try descriptor.read(into: buffer), count > 0 {
                    try body(UnsafeRawBufferPointer(rebasing: buffer[..<count]))
                }
            }
        } catch {
            throw error as? KernelStoreError ?? .unreadable(file: file, errno: error as? Errno ?? .ioError)
        }
    }

    /// Writes a file that is not there yet; a file that could not be written whole is removed.
    static func create<Value>(
        _ file: FilePath, _ fill: (FileDescriptor) throws -> Value
    ) throws(KernelStoreError) -> Value {
        do {
            let descriptor = try FileDescriptor.open(
                file, .readWrite, options: [.create, .exclusiveCreate],
                permissions: [.ownerReadWrite, .groupRead, .otherRead])
            do {
                return try descriptor.closeAfter { try fill(descriptor) }
            } catch {
                remove(file)
                throw error
            }
        } catch {
            throw error as? KernelStoreError ?? .unwritable(file: file, errno: error as? Errno ?? .ioError)
        }
    }

    static func copy(_ file: FilePath, to target: FilePath) throws(KernelStoreError) {
        try create(target) { descriptor in
            try forEachPiece(of: file) { piece in
                do {
                    try descriptor.writeAll(piece)
                } catch {
                    // Else it would count as the other file's.
                    throw KernelStoreError.unwritable(file: target, errno: error as? Errno ?? .ioError)
                }
            }
        }
    }

    /// Replaces `file` as a whole, or leaves it as it was.
    static func write(_ bytes: [UInt8], to file: FilePath) throws(KernelStoreError) {
        do { try AtomicFile.write(bytes, to: file) } catch { throw .unwritable(file: file, errno: error) }
    }

    /// Puts `file` where `target` is or was, and removes it where that fails.
    ///
    /// Both are on one file system.
    static func move(_ file: FilePath, to target: FilePath) throws(KernelStoreError) {
        do { try AtomicFile.move(file, to: target) } catch {
            remove(file)
            throw .unwritable(file: target, errno: error)
        }
    }

    /// The SHA-256 of a whole file in hexadecimal, read piece by piece.
    static func digest(of file: FilePath) throws(KernelStoreError) -> String {
        var digest = Digest()
        try forEachPiece(of: file) { digest.update($0) }
        return digest.hexadecimal()
    }

    /// Waits for whoever holds the lock; throws `cancelled` when the task is cancelled meanwhile.
    static func lock(_ path: FilePath, _ kind: FileLock.Kind = .file) async throws(KernelStoreError) -> FileLock {
        do { return try await FileLock(path, kind) } catch { throw KernelStoreError(error, at: path) }
    }

    /// The same for a file that whoever holds the lock may remove.
    static func lock(replaceable file: FilePath) async throws(KernelStoreError) -> FileLock {
        do { return try await FileLock(replaceable: file) } catch { throw KernelStoreError(error, at: file) }
    }

    /// Waits without an end; for a folder that is held as long as it takes to write a small file.
    static func lock(blockingOn folder: FilePath) throws(KernelStoreError) -> FileLock {
        do { return try FileLock(blockingOn: folder, .folder) } catch { throw KernelStoreError(error, at: folder) }
    }

    /// Makes the folder and those above it that are missing.
    static func makeFolder(_ folder: FilePath) throws(KernelStoreError) {
        guard try status(folder) == nil else { return }
        let parent = folder.removingLastComponent()
        if !parent.isEmpty, parent != folder { try makeFolder(parent) }
        guard folder.withPlatformString({ mkdir($0, 0o755) }) != 0, errno != EEXIST else { return }
        throw .unwritable(file: folder, errno: Errno(rawValue: errno))
    }

    /// `nil` when there is nothing at `path`.
    static func status(_ path: FilePath) throws(KernelStoreError) -> Stat? {
        do {
            return try Stat(path)
        } catch Errno.noSuchFileOrDirectory, Errno.notDirectory {
            return nil
        } catch {
            throw .unreadable(file: path, errno: error)
        }
    }

    /// The names in `folder`, sorted; empty if it does not exist.
    static func names(in folder: FilePath) throws(KernelStoreError) -> [String] {
        guard try status(folder) != nil else { return [] }
        do {
            return try FileManager.default.contentsOfDirectory(atPath: folder.string).sorted()
        } catch {
            throw .unreadable(file: folder, errno: .permissionDenied)
        }
    }

    static func delete(_ file: FilePath) throws(KernelStoreError) {
        guard file.withPlatformString({ unlink($0) }) != 0 else { return }
        throw .unwritable(file: file, errno: Errno(rawValue: errno))
    }

    /// Removes a file or directory recursively; what cannot be removed is left for the next attempt.
    static func remove(_ path: FilePath) {
        try? FileManager.default.removeItem(atPath: path.string)
    }
}

extension KernelStoreError {
    fileprivate init(_ problem: FileLock.Problem, at path: FilePath) {
        switch problem {
        case .cancelled: self = .cancelled
        case .system(let errno): self = .unwritable(file: path, errno: errno)
        }
    }
}

extension Stat {
    /// Nanoseconds since 1970.
    var modified: Int64 { Int64(st_mtim.tv_sec) * 1_000_000_000 + Int64(st_mtim.tv_nsec) }
}

extension Files {
    /// Whether the file system of `file` has next to no room left for this user.
    ///
    /// For programs that say that they could not write and not why.
    static func isFull(_ file: FilePath) -> Bool {
        var status = statvfs()
        guard file.withPlatformString({ statvfs($0, &status) }) == 0 else { return false }
        return status.f_bavail * UInt(status.f_frsize) < 64 * 1024
    }

    /// What all files below `folder` take, in bytes.
    static func size(below folder: FilePath) throws(KernelStoreError) -> Int64 {
        var size: Int64 = 0
        for name in try names(in: folder) {
            let path = folder.appending(name)
            guard let status = try status(path) else { continue }
            size += status.type == .directory ? try self.size(below: path) : status.size
        }
        return size
    }
}
