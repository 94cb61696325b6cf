import Crypto
import FoundationEssentials
import Glibc
import SystemPackage

/// Texts named by their digest: `<sha256>.txt`.
struct LogFolder: Sendable {
    let path: FilePath

    /// Creates the folder and those above it.
    init(_ path: FilePath) throws {
        self.path = path
        try Self.create(path)
    }

    func store(_ bytes: [UInt8]) throws -> String {
        let digest = SHA256.hash(data: bytes).map { byte in
            String(byte >> 4, radix: 16) + String(byte & 15, radix: 16)
        }.joined()
        let file = path.appending("\(digest).txt")
        if try size(of: file) != bytes.count { try write(bytes, to: file) }
        return "logs/\(digest).txt"
    }

    func text(of reference: String) throws -> String? {
        guard let name = Self.fileName(in: reference) else { throw ResultStoreError.badLogReference(reference) }
        let file = path.appending(name)
        do {
            let descriptor = try FileDescriptor.open(file, .readOnly, options: [.noFollow, .closeOnExec])
            return try descriptor.closeAfter { String(decoding: try descriptor.rest(), as: UTF8.self) }
        } catch Errno.noSuchFileOrDirectory {
            return nil
        } catch let error as Errno {
            throw ResultStoreError(error, at: file)
        }
    }

    /// Only names that `store(_:)` makes, so that no reference climbs out of the folder.
    private static func fileName(in reference: String) -> String? {
        let parts = reference.split(separator: "/", omittingEmptySubsequences: false)
        guard parts.count == 2, parts[0] == "logs", parts[1].hasSuffix(".txt"), parts[1].utf8.count == 68,
            parts[1].utf8.dropLast(4).allSatisfy({ "0123456789abcdef".utf8.contains($0) })
        else { return nil }
        return String(parts[1])
    }

    /// `nil` when there is no such file.
    ///
    /// A file cut short by a loss of power has another size, and is written again.
    private func size(of file: FilePath) throws -> Int? {
        var status = stat()
        guard lstat(file.string, &status) != 0 else { return Int(status.st_size) }
        let error = Errno(rawValue: errno)
        guard error == .noSuchFileOrDirectory else { throw ResultStoreError(error, at: file) }
        return nil
    }

    /// Readers see the whole file or none, whoever else writes the same digest.
    private func write(_ bytes: [UInt8], to file: FilePath) throws {
        let temporary = path.appending(".\(UUID().uuidString).tmp")
        do {
            let descriptor = try FileDescriptor.open(
                temporary, .writeOnly, options: [.create, .exclusiveCreate, .closeOnExec],
                permissions: [.ownerReadWrite, .groupRead, .otherRead])
            _ = try descriptor.closeAfter { try descriptor.writeAll(bytes) }
            guard rename(temporary.string, file.string) == 0 else { throw Errno(rawValue: errno) }
        } catch let error as Errno {
            unlink(temporary.string)
            throw ResultStoreError(error, at: file)
        }
    }

    private static func create(_ path: FilePath) throws {
        var folder = path.isAbsolute ? FilePath("/") : FilePath("")
        for component in path.components {
            folder.append(component)
            guard mkdir(folder.string, 0o755) != 0 else { continue }
            let error = Errno(rawValue: errno)
            // A folder above that exists may be one where nothing can be created.
            guard error == .fileExists || access(folder.string, F_OK) == 0 else {
                throw ResultStoreError(error, at: folder)
            }
        }
        guard access(path.string, W_OK | X_OK) == 0 else { throw ResultStoreError(Errno(rawValue: errno), at: path) }
    }
}

extension FileDescriptor {
    fileprivate func rest() throws -> [UInt8] {
        let size = Int(try seek(offset: 0, from: .end))
        try seek(offset: 0, from: .start)
        return try [UInt8](unsafeUninitializedCapacity: size) { buffer, count in
            while count < size {
                let part = try read(
                    into: UnsafeMutableRawBufferPointer(rebasing: UnsafeMutableRawBufferPointer(buffer)[count...]))
                guard part > 0 else { return }
                count += part
            }
        }
    }
}
