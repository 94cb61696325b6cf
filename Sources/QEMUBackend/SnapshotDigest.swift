internal import CXXHash
internal import Foundation
internal import SystemPackage

/// A digest of a snapshot and of its key, computed before each restore.
///
/// A flipped byte on a disk becomes a flipped byte in a kernel, and could change a verdict. XXH3 detects that within
/// the time of a restore (90 MB in 10 ms; SHA-256 takes 60 ms), and no other user may write to the folder.
enum SnapshotDigest {
    /// - Returns: 32 hexadecimal digits; `nil` if the file cannot be read.
    static func of(_ file: FilePath, key: String) -> String? {
        guard let descriptor = try? FileDescriptor.open(file, .readOnly, options: .closeOnExec) else { return nil }
        defer { try? descriptor.close() }
        guard let state = XXH3_createState() else { return nil }
        defer { XXH3_freeState(state) }
        XXH3_128bits_reset(state)
        XXH3_128bits_update(state, key, key.utf8.count)
        guard update(state, descriptor.rawValue) else { return nil }
        let digest = XXH3_128bits_digest(state)
        return String(format: "%016llx%016llx", digest.high64, digest.low64)
    }

    /// Adds each page that is not zero, with its position, because it depends on the file system which zeros are holes.
    private static func update(_ state: OpaquePointer, _ file: Int32) -> Bool {
        let part = UnsafeMutableRawPointer.allocate(byteCount: partBytes, alignment: SparseFile.pageBytes)
        defer { part.deallocate() }
        var length = UInt64(max(0, lseek(file, 0, SEEK_END)))
        XXH3_128bits_update(state, &length, 8)
        var offset = 0
        while let data = SparseFile.data(in: file, from: offset) {
            // Whole pages of the file, even if the file system uses other units.
            let start = data & ~(SparseFile.pageBytes - 1)
            let count = pread(file, part, partBytes, off_t(start))
            guard count > 0 else { return false }
            for page in stride(from: 0, to: count, by: SparseFile.pageBytes) {
                let bytes = min(SparseFile.pageBytes, count - page)
                guard !SparseFile.isZero(part + page, bytes) else { continue }
                var place = UInt64(start + page)
                XXH3_128bits_update(state, &place, 8)
                XXH3_128bits_update(state, part + page, bytes)
            }
            offset = start + count
        }
        return true
    }

    private static let partBytes = 1 << 20
}

/// Files with holes.
enum SparseFile {
    static let pageBytes = 4096

    /// The beginning of the data at or after `offset`; `nil` if only a hole follows.
    static func data(in file: Int32, from offset: Int) -> Int? {
        let data = Int(lseek(file, off_t(offset), seekData))
        return data >= 0 ? data : nil
    }

    static func isZero(_ page: UnsafeRawPointer, _ bytes: Int) -> Bool {
        page.load(as: UInt8.self) == 0 && memcmp(page, page + 1, bytes - 1) == 0
    }

    /// `SEEK_DATA` of lseek(2), which glibc declares for `_GNU_SOURCE` only.
    private static let seekData: Int32 = 3
}
