import CZlib
import Glibc
package import SystemPackage

/// A file that is compressed while it is written, and can be read whether or not it is compressed.
package struct GzipFile: ~Copyable {
    private var file: gzFile?
    private let path: FilePath

    /// The number of bytes passed to zlib at a time, and its buffer size.
    private static let part = 256 << 10

    /// Takes ownership of `descriptor`.
    private init(_ descriptor: FileDescriptor, mode: String, path: FilePath) throws {
        self.path = path
        guard let file = gzdopen(descriptor.rawValue, mode) else {
            try? descriptor.close()
            throw ResultStoreError(.noMemory, at: path)
        }
        gzbuffer(file, UInt32(Self.part))
        self.file = file
    }

    deinit { if let file { gzclose(file) } }

    /// Creates the file, which must not exist.
    ///
    /// Logs are so repetitive that the fastest level is enough.
    static func create(_ path: FilePath) throws -> GzipFile {
        do {
            let descriptor = try FileDescriptor.open(
                path, .writeOnly, options: [.create, .exclusiveCreate, .closeOnExec],
                permissions: [.ownerReadWrite, .groupRead, .otherRead])
            return try GzipFile(descriptor, mode: "wb1", path: path)
        } catch let error as Errno {
            throw ResultStoreError(error, at: path)
        }
    }

    /// - Returns: `nil` if the file does not exist.
    static func open(_ path: FilePath) throws -> GzipFile? {
        do {
            return try GzipFile(
                reading: .open(path, .readOnly, options: [.noFollow, .closeOnExec]), path: path)
        } catch Errno.noSuchFileOrDirectory {
            return nil
        } catch let error as Errno {
            throw ResultStoreError.unreadableLog(path, error)
        }
    }

    /// Takes ownership of `descriptor`, which may be a pipe; `path` is used in errors.
    package init(reading descriptor: FileDescriptor, path: FilePath) throws {
        try self.init(descriptor, mode: "rb", path: path)
    }

    mutating func write(_ bytes: [UInt8]) throws {
        var rest = bytes[...]
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes { gzwrite(file, $0.baseAddress, UInt32(min($0.count, Self.part))) }
            guard count > 0 else { throw ResultStoreError(Errno(rawValue: errno), at: path) }
            rest = rest.dropFirst(Int(count))
        }
    }

    /// Passes the text to `body` in parts.
    ///
    /// - Throws: `ResultStoreError.damagedLog` if the file is damaged.
    package mutating func read(_ body: (UnsafeRawBufferPointer) throws -> Void) throws {
        let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: Self.part, alignment: 16)
        defer { buffer.deallocate() }
        while true {
            let count = gzread(file, buffer.baseAddress, UInt32(buffer.count))
            guard count >= 0 else { throw readingError }
            guard count > 0 else { break }
            try body(UnsafeRawBufferPointer(rebasing: buffer[..<Int(count)]))
        }
        // A truncated file is only detected here.
        guard try close() else { throw ResultStoreError.damagedLog(path) }
    }

    private var readingError: ResultStoreError {
        let reason = Errno(rawValue: errno)
        var kind = Z_OK
        gzerror(file, &kind)
        return kind == Z_ERRNO ? .unreadableLog(path, reason) : .damagedLog(path)
    }

    /// Writes the remaining data; `false` if a text that was read ends too early.
    @discardableResult
    mutating func close() throws -> Bool {
        guard let file else { return true }
        self.file = nil
        switch gzclose(file) {
        case Z_OK: return true
        case Z_ERRNO: throw ResultStoreError(Errno(rawValue: errno), at: path)
        default: return false
        }
    }
}
