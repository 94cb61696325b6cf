import Glibc
import HostTools
import SystemPackage

/// Whole files as bytes.
enum FileBytes {
    /// The maximum size of an object; the largest known ones have 20 MiB.
    static let limit = 64 << 20

    /// - Throws: `ProbeObjectError`, `tooLarge` for more than `limit` bytes.
    static func read(_ file: FilePath) throws(ProbeObjectError) -> [UInt8] {
        do {
            let descriptor = try FileDescriptor.open(file, .readOnly)
            return try descriptor.closeAfter {
                var bytes: [UInt8] = []
                var buffer = [UInt8](repeating: 0, count: 64 * 1024)
                while case let count = try buffer.withUnsafeMutableBytes({ try descriptor.read(into: $0) }), count > 0 {
                    bytes += buffer.prefix(count)
                    guard bytes.count <= limit else { throw ProbeObjectError.tooLarge(file, limit: limit) }
                }
                return bytes
            }
        } catch Errno.noSuchFileOrDirectory {
            throw .missing(file)
        } catch let error as ProbeObjectError {
            throw error
        } catch {
            throw .unreadable(file, error as? Errno ?? .ioError)
        }
    }

    /// Writes `bytes` to `file` in one step: readers see either the complete new content or the old one.
    static func write(_ bytes: [UInt8], to file: FilePath) throws(ProbeObjectError) {
        do { try AtomicFile.write(bytes, to: file) } catch { throw .unwritable(file, error) }
    }

    static func move(_ scratch: FilePath, to file: FilePath) throws(ProbeObjectError) {
        do { try AtomicFile.move(scratch, to: file) } catch { throw .unwritable(file, error) }
    }
}
