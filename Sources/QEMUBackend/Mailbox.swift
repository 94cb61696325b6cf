internal import CGuestProtocol
internal import CSpawn
internal import Foundation
internal import HostTools
internal import Machine
internal import Synchronization
internal import SystemPackage

/// Memory shared by this process and a guest.
///
/// It has no name in any file system, so nothing is left behind.
final class Mailbox: Sendable {
    /// The far end belongs to QEMU's ivshmem device, which receives the memory there.
    let sockets: SocketPair
    /// Used only under the lock, because the rings require a single writer and a single reader on this side.
    private let memory: Mutex<UInt>

    init() throws(MachineError) {
        let file = try MemoryFile(name: "compat-matrix-mailbox", bytes: Int(CMX_MAILBOX_BYTES))
        sockets = try SocketPair.withQEMU()
        let mapped = mmap(nil, Int(CMX_MAILBOX_BYTES), PROT_READ | PROT_WRITE, MAP_SHARED, file.descriptor, 0)
        guard let mapped, mapped != MAP_FAILED else {
            throw .hostResource(what: "a mapping of the mailbox", errno: .current)
        }
        memory = Mutex(UInt(bitPattern: mapped))
        let error = cmx_send_shared_memory(sockets.near, file.descriptor)
        guard error == 0 else {
            throw .hostResource(what: "a connection to the mailbox", errno: Errno(rawValue: error))
        }
    }

    deinit {
        memory.withLock { _ = munmap(UnsafeMutableRawPointer(bitPattern: $0), Int(CMX_MAILBOX_BYTES)) }
    }

    /// Writes as much of `bytes` as fits, and returns that number of bytes.
    func write(_ bytes: ArraySlice<UInt8>) -> Int {
        memory.withLock { address in
            bytes.withUnsafeBytes {
                cmx_write_to_guest(UnsafeMutableRawPointer(bitPattern: address), $0.baseAddress, $0.count)
            }
        }
    }

    /// The bytes that the guest wrote since the last call, at most as many as a ring holds; empty until an agent opens
    /// the mailbox.
    func readAll() throws(MachineError) -> [UInt8] {
        var broken: Int32 = 0
        let bytes = memory.withLock { address -> [UInt8] in
            let mailbox = UnsafeMutableRawPointer(bitPattern: address)
            guard cmx_mailbox_is_open(mailbox) != 0 else { return [] }
            var all: [UInt8] = []
            // A guest that keeps writing could otherwise keep this loop running forever.
            while broken == 0, all.count < Int(CMX_TO_HOST_BYTES) {
                let part = [UInt8](unsafeUninitializedCapacity: 256 << 10) { buffer, count in
                    count = cmx_read_from_guest(mailbox, buffer.baseAddress, buffer.count, &broken)
                }
                if part.isEmpty { break }
                all += part
            }
            return all
        }
        guard broken == 0 else { throw .protocolBroken("it claims more unread bytes than the mailbox holds") }
        return bytes
    }
}

extension SocketPair {
    /// One end for this process, the far end for its QEMU.
    static func withQEMU() throws(MachineError) -> SocketPair {
        do { return try SocketPair() } catch { throw .hostResource(what: "a socket pair", errno: error) }
    }
}

/// A file without a name, which can be passed to another process.
final class MemoryFile: Sendable {
    let descriptor: Int32

    init(name: String, bytes: Int = 0) throws(MachineError) {
        descriptor = cmx_memory_file(name)
        guard descriptor >= 0 else { throw .hostResource(what: "a memory file", errno: .current) }
        guard ftruncate(descriptor, off_t(bytes)) == 0 else {
            let errno = Errno.current
            close(descriptor)
            throw .hostResource(what: "a memory file of \(bytes) bytes", errno: errno)
        }
    }

    deinit { close(descriptor) }

    /// Its current contents.
    func contents() -> [UInt8] {
        var status = stat()
        guard fstat(descriptor, &status) == 0 else { return [] }
        return [UInt8](unsafeUninitializedCapacity: Int(status.st_size)) { buffer, count in
            count = max(0, pread(descriptor, buffer.baseAddress, buffer.count, 0))
        }
    }
}

extension Errno {
    /// The current `errno`.
    static var current: Errno { Errno(rawValue: Foundation.errno) }
}
