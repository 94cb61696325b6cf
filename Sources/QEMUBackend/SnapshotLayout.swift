internal import Foundation
internal import Machine
internal import SystemPackage

/// The positions of a snapshot's parts in its file.
///
/// First the guest's memory, with holes for zeros, so that a guest can map it; then the state of the devices, as
/// written by QEMU.
struct SnapshotLayout {
    let memoryBytes: Int

    /// The URI of the device state in `snapshot`, for QEMU's monitor.
    func deviceStateURI(in snapshot: FilePath) -> String { "file:\(snapshot),offset=\(memoryBytes)" }

    /// Writes the guest's memory; the file may already contain the device state.
    ///
    /// - Throws: `MachineError.hostResource`, for example if the disk is full.
    func write(_ memory: MemoryFile, to snapshot: FilePath) throws(MachineError) {
        let file: FileDescriptor
        do {
            file = try FileDescriptor.open(snapshot, .writeOnly, options: .closeOnExec)
        } catch {
            throw .hostResource(what: "the snapshot \(snapshot)", errno: error as? Errno ?? .current)
        }
        defer { try? file.close() }
        let part = UnsafeMutableRawPointer.allocate(byteCount: Self.partBytes, alignment: SparseFile.pageBytes)
        defer { part.deallocate() }
        var offset = 0
        // Skips pages that the guest never touched.
        while let data = SparseFile.data(in: memory.descriptor, from: offset) {
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
            while end < bytes, !SparseFile.isZero(part + end, min(SparseFile.pageBytes, bytes - end)) {
                end += SparseFile.pageBytes
            }
            end = min(end, bytes)
            while start < end {
                let count = pwrite(target, part + start, end - start, off_t(offset + start))
                guard count > 0 else { throw .hostResource(what: "the snapshot", errno: .current) }
                start += count
            }
            // The page at the end of the run is zero.
            start += SparseFile.pageBytes
        }
    }

    private static let partBytes = 1 << 20
}
