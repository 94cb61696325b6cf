import Glibc
import SystemPackage

/// Keeps other processes and tasks of ours away from what the file stands for until released; the system releases it when we die.
struct FileLock {
    private let descriptor: FileDescriptor

    /// Waits for whoever holds it; throws `cancelled` when the task is cancelled meanwhile.
    init(_ file: FilePath) async throws(KernelStoreError) {
        try await self.init(file, .readWrite, [.create, .closeOnExec])
    }

    /// The same with a folder in the place of a file.
    init(folder: FilePath) async throws(KernelStoreError) {
        try await self.init(folder, .readOnly, [.directory, .closeOnExec])
    }

    /// Waits without an end; for what is held as long as it takes to write a small file.
    init(waitingForFolder folder: FilePath) throws(KernelStoreError) {
        descriptor = try Self.open(folder, .readOnly, [.directory, .closeOnExec])
        while flock(descriptor.rawValue, LOCK_EX) != 0 {
            let problem = Errno(rawValue: errno)
            guard problem == .interrupted else {
                release()
                throw .unwritable(file: folder, errno: problem)
            }
        }
    }

    private static func open(
        _ file: FilePath, _ mode: FileDescriptor.AccessMode, _ options: FileDescriptor.OpenOptions
    ) throws(KernelStoreError) -> FileDescriptor {
        do {
            return try FileDescriptor.open(file, mode, options: options, permissions: [.ownerReadWrite])
        } catch {
            throw .unwritable(file: file, errno: error as? Errno ?? .ioError)
        }
    }

    private init(
        _ file: FilePath, _ mode: FileDescriptor.AccessMode, _ options: FileDescriptor.OpenOptions
    ) async throws(KernelStoreError) {
        descriptor = try Self.open(file, mode, options)
        while flock(descriptor.rawValue, LOCK_EX | LOCK_NB) != 0 {
            let problem = Errno(rawValue: errno)
            guard problem == .wouldBlock, (try? await Task.sleep(for: .milliseconds(100))) != nil else {
                release()
                throw problem == .wouldBlock ? .cancelled : .unwritable(file: file, errno: problem)
            }
        }
    }

    /// Locks a file that its owner may remove: once it is locked here, it is the one at its path.
    init(replaceable file: FilePath) async throws(KernelStoreError) {
        while true {
            let lock = try await FileLock(file)
            if let held = try? Stat(lock.descriptor), let named = try Files.status(file), held.inode == named.inode {
                self = lock
                return
            }
            lock.release()
        }
    }

    func release() { try? descriptor.close() }
}
