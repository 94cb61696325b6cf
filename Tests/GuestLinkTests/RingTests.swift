import CGuestProtocol
import Testing

/// The two rings of a mailbox, in plain memory.
final class MailboxMemory {
    let bytes = UnsafeMutableRawPointer.allocate(byteCount: Int(CMX_MAILBOX_BYTES), alignment: 4096)

    init() {
        bytes.initializeMemory(as: UInt8.self, repeating: 0, count: Int(CMX_MAILBOX_BYTES))
        cmx_mailbox_open(bytes)
    }

    deinit { bytes.deallocate() }

    var header: UnsafeMutablePointer<cmx_mailbox> { bytes.assumingMemoryBound(to: cmx_mailbox.self) }
}

@Suite struct RingTests {
    /// Many times around the ring, in sizes that never divide it.
    @Test func carriesEverythingInOrder() {
        let mailbox = MailboxMemory()
        var sent: UInt64 = 0
        var received: UInt64 = 0
        var broken: Int32 = 0
        while received < 5 * UInt64(CMX_TO_GUEST_BYTES) {
            let part = (0..<777_777).map { UInt8(truncatingIfNeeded: (sent + UInt64($0)) % 251) }
            sent += UInt64(part.withUnsafeBytes { cmx_write_to_guest(mailbox.bytes, $0.baseAddress, $0.count) })
            var buffer = [UInt8](repeating: 0, count: 333_331)
            let count = buffer.withUnsafeMutableBytes {
                cmx_read_from_host(mailbox.bytes, $0.baseAddress, $0.count, &broken)
            }
            let matches = buffer[..<count].enumerated().allSatisfy { offset, byte in
                byte == UInt8(truncatingIfNeeded: (received + UInt64(offset)) % 251)
            }
            #expect(matches)
            received += UInt64(count)
        }
        #expect(broken == 0)
    }

    @Test func takesNoMoreThanThereIsRoomFor() {
        let mailbox = MailboxMemory()
        let bytes = [UInt8](repeating: 1, count: Int(CMX_TO_HOST_BYTES) + 10)
        #expect(
            bytes.withUnsafeBytes { cmx_write_to_host(mailbox.bytes, $0.baseAddress, $0.count) }
                == Int(CMX_TO_HOST_BYTES))
        #expect(bytes.withUnsafeBytes { cmx_write_to_host(mailbox.bytes, $0.baseAddress, 1) } == 0)
    }

    /// The positions are in memory that a guest can write: what it claims must not make the host read elsewhere.
    @Test(arguments: [UInt64(CMX_TO_HOST_BYTES) + 1, .max])
    func believesNoImpossiblePosition(written: UInt64) {
        let mailbox = MailboxMemory()
        mailbox.header.pointee.to_host.written = written
        var broken: Int32 = 0
        var buffer = [UInt8](repeating: 0, count: 4096)
        let count = buffer.withUnsafeMutableBytes {
            cmx_read_from_guest(mailbox.bytes, $0.baseAddress, $0.count, &broken)
        }
        #expect(count == 0)
        #expect(broken == 1)
    }

    @Test func isOpenOnlyToItsOwnVersion() {
        let mailbox = MailboxMemory()
        #expect(cmx_mailbox_is_open(mailbox.bytes) == 1)
        mailbox.header.pointee.version += 1
        #expect(cmx_mailbox_is_open(mailbox.bytes) == 0)
    }
}
