import FoundationEssentials
import Glibc
import HostTools
import Synchronization
import SystemPackage

/// A long log that is stored while it arrives: compressed, and named by the digest of the complete text.
///
/// Until `keep()` is called, it has a temporary name, and it is removed with the last reference to this object.
package final class LogWriter: Sendable {
    private struct State: ~Copyable {
        var file: GzipFile
        var digest = Digest()
        var reference: String?
    }

    private let folder: FilePath
    private let temporary: FilePath
    private let state: Mutex<State>

    init(in folder: FilePath) throws {
        self.folder = folder
        temporary = TemporaryFolder.name(beside: folder.appending("log"))
        state = Mutex(State(file: try GzipFile.create(temporary)))
    }

    deinit {
        if state.withLock({ $0.reference == nil }) { unlink(temporary.string) }
    }

    package func append(_ bytes: [UInt8]) throws {
        try state.withLock { state in
            state.digest.update(bytes)
            try state.file.write(bytes)
        }
    }

    /// Ends the text and returns the reference for `ResultStore.log(_:)`; later calls return the same reference.
    package func keep() throws -> String {
        try state.withLock { state in
            if let reference = state.reference { return reference }
            try state.file.close()
            let name = LogName(digest: state.digest.hexadecimal())
            let file = folder.appending(name.compressed)
            // Replaces a file of that name, which has the same content or was truncated by a power failure.
            do throws(Errno) {
                try AtomicFile.move(temporary, to: file)
            } catch {
                throw ResultStoreError(error, at: file)
            }
            state.reference = name.reference
            return name.reference
        }
    }
}
