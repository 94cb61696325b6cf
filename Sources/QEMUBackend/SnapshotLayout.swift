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
        let part = UnsafeMutableRawPointer.allocate(byteCount: Self.partBytes, alignment: Self.pageBytes)
        defer { part.deallocate() }
        var offset = 0
        while true {
            // Skips what the guest never touched.
            let data = Int(lseek(memory.descriptor, off_t(offset), Self.seekData))
            guard data >= 0 else { return }
            let count = pread(memory.descriptor, part, Self.partBytes, off_t(data))
            guard count > 0 else { throw .hostResource(what: "a copy of the guest's memory", errno: .current) }
            try write(part, count, to: file.rawValue, at: data)
            offset = data + count
        }
    }

    /// Writes those of the `bytes` at `part` that are in pages with anything but zeros.
    private func write(_ part: UnsafeRawPointer, _ bytes: Int, to target: Int32, at offset: Int) throws(MachineError) {
        var start = 0
        while start < bytes {
            var end = start
            while end < bytes, !isZero(part + end, min(Self.pageBytes, bytes - end)) { end += Self.pageBytes }
            end = min(end, bytes)
            while start < end {
                let count = pwrite(target, part + start, end - start, off_t(offset + start))
                guard count > 0 else { throw .hostResource(what: "the snapshot", errno: .current) }
                start += count
            }
            // The page that ended the run is zero.
            start += Self.pageBytes
        }
    }

    private func isZero(_ page: UnsafeRawPointer, _ bytes: Int) -> Bool {
        page.load(as: UInt8.self) == 0 && memcmp(page, page + 1, bytes - 1) == 0
    }

    /// `SEEK_DATA` of lseek(2), which glibc declares for `_GNU_SOURCE` only.
    private static let seekData: Int32 = 3
    private static let pageBytes = 4096
    private static let partBytes = 1 << 20
}
