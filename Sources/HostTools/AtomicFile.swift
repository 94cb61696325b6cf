internal import Glibc
package import SystemPackage

/// Files that are written completely or not at all, regardless of concurrent readers and writers.
package enum AtomicFile {
    /// Replaces `file` completely, or leaves it unchanged; its folder must exist.
    package static func write(_ bytes: [UInt8], to file: FilePath) throws(Errno) {
        let new = TemporaryFolder.name(beside: file)
        do {
            let descriptor = try FileDescriptor.open(
                new, .writeOnly, options: [.create, .exclusiveCreate, .closeOnExec],
                permissions: [.ownerReadWrite, .groupRead, .otherRead])
            try descriptor.closeAfter { _ = try descriptor.writeAll(bytes) }
        } catch {
            unlink(new.string)
            throw error as? Errno ?? .ioError
        }
        do { try move(new, to: file) } catch {
            unlink(new.string)
            throw error
        }
    }

    /// Moves `file` to `target`, replacing an existing file; both must be on the same file system.
    package static func move(_ file: FilePath, to target: FilePath) throws(Errno) {
        let result = file.withPlatformString { from in target.withPlatformString { rename(from, $0) } }
        guard result == 0 else { throw Errno(rawValue: errno) }
    }
}
