import Foundation
import Machine
import SystemPackage
import TestSupport
import Testing

@testable import QEMUBackend

struct SnapshotLayoutTests {
    private static let page = 4096

    /// Memory of 64 pages in which page `n` is filled with `n` if it is in `pages`.
    private func memory(_ pages: [Int], touched: [Int] = []) throws -> MemoryFile {
        let memory = try MemoryFile(name: "memory", bytes: 64 * Self.page)
        for page in pages + touched {
            let bytes = [UInt8](repeating: pages.contains(page) ? UInt8(page) : 0, count: Self.page)
            #expect(pwrite(memory.descriptor, bytes, bytes.count, off_t(page * Self.page)) == bytes.count)
        }
        return memory
    }

    @Test(arguments: [[], [1], [63], [3, 4, 5, 40], Array(1..<64)])
    func theMemoryComesFirst(pages: [Int]) async throws {
        try await withFolder { folder in
            let file = folder.appending("snapshot")
            try write("", to: file)
            let layout = SnapshotLayout(memoryBytes: 64 * Self.page)
            // QEMU has written its part, behind the memory.
            #expect(truncate(file.string, off_t(65 * Self.page)) == 0)
            let memory = try memory(pages, touched: [2, 20])
            try layout.write(memory, to: file)
            let saved = try Data(contentsOf: URL(filePath: file.string))
            #expect(Array(saved.prefix(64 * Self.page)) == memory.contents())
            #expect(saved.count == 65 * Self.page)
            #expect(layout.deviceStateURI(in: file) == "file:\(file),offset=\(64 * Self.page)")
        }
    }

    @Test func pagesOfZerosTakeNoSpace() async throws {
        try await withFolder { folder in
            let file = folder.appending("snapshot")
            try write("", to: file)
            try SnapshotLayout(memoryBytes: 64 * Self.page).write(memory([7], touched: Array(8..<60)), to: file)
            var status = stat()
            #expect(stat(file.string, &status) == 0)
            #expect(Int(status.st_blocks) * 512 <= 8 * Self.page)
        }
    }

    @Test func unwritableFileIsReported() async throws {
        try await withFolder { folder in
            let file = folder.appending("none/snapshot")
            let layout = SnapshotLayout(memoryBytes: 64 * Self.page)
            let memory = try memory([1])
            #expect(throws: MachineError.hostResource(what: "the snapshot \(file)", errno: .noSuchFileOrDirectory)) {
                try layout.write(memory, to: file)
            }
        }
    }
}
