internal import Foundation
internal import Machine
internal import SystemPackage

/// Where the parts of a snapshot lie in its file.
///
/// First the guest's memory, with holes where it is zero, so that a guest can map it; then the state of the devices, as QEMU
/// writes it.
struct SnapshotLayout {
    let memoryBytes: Int

    /// What QEMU's monitor calls the device state's part of `snapshot`.
    func deviceStateURI(in snapshot: FilePath) -> String { "file:\(snapshot),offset=\(memoryBytes)" }

    /// Writes the guest's memory, beside a device state that may already be there.
    ///
    /// - Throws: `MachineError.hostResource`, for one when the disk is full.
    func write(_ memory: MemoryFile, to snapshot: FilePath) throws(MachineError) {
        let file: FileDescriptor
        do {
            file = try FileDescriptor.open(snapshot, .writeOnly, options: .closeOnExec)
        } catch {
            throw .hostResource(what: "the snapshot \(snapshot)", errno: error as? Errno ?? .current)
        }
        defer { try? file.close() }
        let part = UnsafeMutableRawBufferPointer.allocate(byteCount: Self.partBytes, alignment: Self.pageBytes)
        defer { part.deallocate() }
        var offset = 0
        while true {
            // Skips what the guest never touched.
            let data = Int(lseek(memory.descriptor, off_t(offset), Self.seekData))
            guard data >= 0 else { return }
            let count = pread(memory.descriptor, part.baseAddress, part.count, off_t(data))
            guard count > 0 else { throw .hostResource(what: "a copy of the guest's memory", errno: .current) }
            try write(UnsafeRawBufferPointer(rebasing: part[..<count]), to: file.rawValue, at: data)
            offset = data + count
        }
    }

    /// Writes runs of pages that are not zero.
    private func write(_ part: UnsafeRawBufferPointer, to target: Int32, at offset: Int) throws(MachineError) {
        var start = 0
        while start < part.count {
            while start < part.count, isZero(part, start) { start += Self.pageBytes }
            var end = start
            while end < part.count, !isZero(part, end) { end += Self.pageBytes }
            end = min(end, part.count)
            while start < end {
                let count = pwrite(target, part.baseAddress! + start, end - start, off_t(offset + start))
                guard count > 0 else { throw .hostResource(what: "the snapshot", errno: .current) }
                start += count
            }
        }
    }

    private func isZero(_ part: UnsafeRawBufferPointer, _ start: Int) -> Bool {
        let count = min(Self.pageBytes, part.count - start)
        let page = part.baseAddress! + start
        return page.load(as: UInt8.self) == 0 && memcmp(page, page + 1, count - 1) == 0
    }

    /// `SEEK_DATA` of lseek(2), which glibc declares for `_GNU_SOURCE` only.
    private static let seekData: Int32 = 3
    private static let pageBytes = 4096
    private static let partBytes = 1 << 20
}
