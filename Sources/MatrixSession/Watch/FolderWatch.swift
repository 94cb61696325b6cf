import Dispatch
import Glibc
import HostTools
import Synchronization
import SystemPackage

/// Reports changed files in some folders, using the kernel's inotify.
///
/// It watches folders rather than files: compilers and editors replace files, and a watch on a file would stay on the
/// removed one.
final class FolderWatch: Sendable {
    private let inotify: Int32
    /// Two connected sockets: cancellation writes to the near end, which makes the far one readable.
    private let cancellation: SocketPair
    private let folders = Mutex<[Int32: FilePath]>([:])
    private let queue = DispatchQueue(label: "compat-matrix.watch")

    /// Includes IN_MODIFY: while a program still writes, the file is incomplete.
    private static let mask = UInt32(IN_CLOSE_WRITE | IN_MODIFY | IN_MOVED_TO | IN_CREATE | IN_DELETE)

    init() throws(Errno) {
        cancellation = try SocketPair(isNonBlocking: true)
        inotify = inotify_init1(Int32(IN_NONBLOCK) | Int32(IN_CLOEXEC))
        guard inotify >= 0 else { throw Errno(rawValue: errno) }
    }

    deinit { close(inotify) }

    /// Starts watching `folder`; does nothing if it is watched already.
    func add(_ folder: FilePath) throws(Errno) {
        let number = inotify_add_watch(inotify, folder.string, Self.mask)
        guard number >= 0 else { throw Errno(rawValue: errno) }
        folders.withLock { $0[number] = folder }
    }

    /// Waits for a change of a relevant file, and then until no relevant file is written for `quiet`.
    ///
    /// - Returns: The files that changed since the last call; `nil` if the task is cancelled.
    func changes(quiet: Duration, where matters: (FilePath) -> Bool) async -> Set<FilePath>? {
        var changed: Set<FilePath> = []
        while changed.isEmpty {
            changed = await paths(within: nil).filter(matters)
            if Task.isCancelled { return nil }
        }
        while case let more = await paths(within: quiet).filter(matters), !more.isEmpty { changed.formUnion(more) }
        return Task.isCancelled ? nil : changed
    }

    /// The changed files, as soon as there are any; empty after `limit`, or if the task is cancelled.
    private func paths(within limit: Duration?) async -> Set<FilePath> {
        let milliseconds = limit.map { Int32(($0 / .milliseconds(1)).rounded(.up)) } ?? -1
        return await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                queue.async {
                    var descriptors = [self.inotify, self.cancellation.far].map {
                        pollfd(fd: $0, events: Int16(POLLIN), revents: 0)
                    }
                    poll(&descriptors, nfds_t(descriptors.count), milliseconds)
                    continuation.resume(returning: self.read())
                }
            }
        } onCancel: {
            // It is full only after thousands of cancellations, and can be read then as well.
            _ = write(cancellation.near, "!", 1)
        }
    }

    private func read() -> Set<FilePath> {
        var paths: Set<FilePath> = []
        withUnsafeTemporaryAllocation(byteCount: 64 << 10, alignment: MemoryLayout<inotify_event>.alignment) { buffer in
            while case let count = Glibc.read(inotify, buffer.baseAddress, buffer.count), count > 0 {
                paths.formUnion(self.paths(in: UnsafeRawBufferPointer(rebasing: buffer[..<count])))
            }
        }
        return paths
    }

    /// Source: inotify(7), `struct inotify_event`, whose name is padded with NUL bytes to `len`.
    private func paths(in events: UnsafeRawBufferPointer) -> Set<FilePath> {
        var paths: Set<FilePath> = []
        let head = MemoryLayout<inotify_event>.size
        var place = 0
        while place + head <= events.count {
            let event = events.loadUnaligned(fromByteOffset: place, as: inotify_event.self)
            let end = min(place + head + Int(event.len), events.count)
            let name = String(decoding: events[(place + head)..<end].prefix { $0 != 0 }, as: UTF8.self)
            if !name.isEmpty, let folder = folders.withLock({ $0[event.wd] }) { paths.insert(folder.appending(name)) }
            place = end
        }
        return paths
    }
}
