internal import Glibc
package import SystemPackage

/// Locks a file or folder against other processes and against other tasks of this process until it is released.
///
/// The system releases the lock when this process dies.
package struct FileLock: Sendable {
    package enum Problem: Error, Equatable {
        case cancelled
        case system(Errno)
    }

    /// What is locked: a file, which is created if it does not exist, or a folder, which must exist.
    package enum Kind: Sendable { case file, folder }

    private let descriptor: FileDescriptor

    /// Waits for the current holder; throws `cancelled` if the task is cancelled meanwhile.
    package init(_ path: FilePath, _ kind: Kind = .file) async throws(Problem) {
        descriptor = try Self.open(path, kind)
        try await wait(LOCK_EX)
    }

    /// Acquires the lock in shared mode, as soon as no one holds it exclusively.
    package init(sharing folder: FilePath) async throws(Problem) {
        descriptor = try Self.open(folder, .folder)
        try await wait(LOCK_SH)
    }

    /// Throws `system(.wouldBlock)` if the lock is held or shared.
    ///
    /// A process that is just being started holds copies of all locks for a moment, so this waits for up to a fifth of
    /// a second.
    package init(ifFree folder: FilePath) throws(Problem) {
        descriptor = try Self.open(folder, .folder)
        var attempts = 0
        while flock(descriptor.rawValue, LOCK_EX | LOCK_NB) != 0 {
            let errno = Errno(rawValue: errno)
            attempts += 1
            guard errno == .wouldBlock, attempts <= 20 else {
                release()
                throw .system(errno)
            }
            usleep(10_000)
        }
    }

    private func wait(_ operation: Int32) async throws(Problem) {
        while flock(descriptor.rawValue, operation | LOCK_NB) != 0 {
            let errno = Errno(rawValue: errno)
            guard errno == .wouldBlock, (try? await Task.sleep(for: .milliseconds(100))) != nil else {
                release()
                throw errno == .wouldBlock ? .cancelled : .system(errno)
            }
        }
    }

    /// Waits indefinitely and blocks the thread; for locks that are held only while a small file is written.
    package init(blockingOn path: FilePath, _ kind: Kind = .file) throws(Problem) {
        descriptor = try Self.open(path, kind)
        while flock(descriptor.rawValue, LOCK_EX) != 0 {
            let errno = Errno(rawValue: errno)
            guard errno == .interrupted else {
                release()
                throw .system(errno)
            }
        }
    }

    /// Locks a file that its owner may remove: once locked, it is the file at its path.
    package init(replaceable file: FilePath) async throws(Problem) {
        while true {
            let lock = try await FileLock(file)
            if let held = try? Stat(lock.descriptor), let named = try? Stat(file), held.inode == named.inode {
                self = lock
                return
            }
            lock.release()
        }
    }

    package func release() { try? descriptor.close() }

    private static func open(_ path: FilePath, _ kind: Kind) throws(Problem) -> FileDescriptor {
        do {
            return switch kind {
            case .file:
                try FileDescriptor.open(
                    path, .readWrite, options: [.create, .closeOnExec],
                    permissions: [.ownerReadWrite, .groupRead, .otherRead])
            case .folder: try FileDescriptor.open(path, .readOnly, options: [.directory, .closeOnExec])
            }
        } catch {
            throw .system(error as? Errno ?? .ioError)
        }
    }
}
