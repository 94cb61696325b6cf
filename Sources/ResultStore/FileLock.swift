import Glibc
import SystemPackage

/// A lock between processes, held for the length of a closure and given up by the kernel should the process die.
enum FileLock {
    static func hold<Value>(_ path: FilePath, body: () throws -> Value) throws -> Value {
        let file = try mapped(path) {
            try FileDescriptor.open(
                path, .readWrite, options: [.create, .closeOnExec],
                permissions: [.ownerReadWrite, .groupRead, .otherRead])
        }
        return try file.closeAfter {
            try mapped(path) { try retryLock(file) }
            return try body()
        }
    }

    private static func retryLock(_ file: FileDescriptor) throws(Errno) {
        while flock(file.rawValue, LOCK_EX) != 0 {
            let error = Errno(rawValue: errno)
            guard error == .interrupted else { throw error }
        }
    }

    private static func mapped<Value>(_ path: FilePath, _ body: () throws -> Value) throws -> Value {
        do { return try body() } catch let error as Errno { throw ResultStoreError(error, at: path) }
    }
}
