import Crypto
import Glibc
import SystemPackage

/// Whole files as bytes, and what identifies them.
enum FileBytes {
    static func read(_ file: FilePath) throws(ProbeObjectError) -> [UInt8] {
        do {
            let descriptor = try FileDescriptor.open(file, .readOnly)
            return try descriptor.closeAfter {
                var bytes: [UInt8] = []
                var buffer = [UInt8](repeating: 0, count: 64 * 1024)
                while case let count = try buffer.withUnsafeMutableBytes({ try descriptor.read(into: $0) }), count > 0 {
                    bytes += buffer.prefix(count)
                }
                return bytes
            }
        } catch Errno.noSuchFileOrDirectory {
            throw .missing(file)
        } catch {
            throw .unreadable(file, error as? Errno ?? .ioError)
        }
    }

    /// Puts `bytes` at `file` in one step: whoever reads it finds all of it or what was there before.
    static func write(_ bytes: [UInt8], to file: FilePath, by scratch: FilePath) throws(ProbeObjectError) {
        do {
            let descriptor = try FileDescriptor.open(
                scratch, .writeOnly, options: [.create, .truncate],
                permissions: [.ownerReadWrite, .groupRead, .otherRead])
            _ = try descriptor.closeAfter { try descriptor.writeAll(bytes) }
        } catch {
            throw .unwritable(file, error as? Errno ?? .ioError)
        }
        try move(scratch, to: file)
    }

    static func move(_ scratch: FilePath, to file: FilePath) throws(ProbeObjectError) {
        guard rename(scratch.string, file.string) == 0 else { throw .unwritable(file, Errno(rawValue: errno)) }
    }

    static func sha256(_ bytes: [UInt8]) -> String {
        SHA256.hash(data: bytes).map { byte in
            let digits = String(byte, radix: 16)
            return digits.count == 1 ? "0" + digits : digits
        }.joined()
    }
}
