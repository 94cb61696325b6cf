internal import Glibc
package import SystemPackage

/// Files that are there whole or not at all, whoever reads or writes them at the same time.
package enum AtomicFile {
    /// Replaces `file` as a whole, or leaves it as it was; its folder has to be there.
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

    /// Puts `file` in the place of `target`, which need not be there; both are on one file system.
    package static func move(_ file: FilePath, to target: FilePath) throws(Errno) {
        let result = file.withPlatformString { from in target.withPlatformString { rename(from, $0) } }
        guard result == 0 else { throw Errno(rawValue: errno) }
    }
}
