import GuestLink
import Machine
import Manifests
import MatrixModel
import SystemPackage
import Testing

@testable import KernelStore

extension GuestTests {
    /// Unpacked kernels, which QEMU takes only behind our wrapper.
    @Suite(.serialized, .ownProcessor) struct VmlinuxTests {
        /// Two compressed with lz4, one with zstd.
        @Test(arguments: ["ubuntu-5.4", "debian-5.10", "debian-7.3"])
        func bootsColdAndWarm(id: String) async throws {
            try await Bench.with(guest: Repository.guestTools) { bench async throws in
                let original = try Repository.kernel(id)
                let file = bench.folder.appending("vmlinux")
                try Repository.unpack(original.path, to: file)
                let store = KernelStore(
                    catalogueFolders: [bench.folder.appending("kernels")], cache: bench.folder.appending("cache"))
                let kernel = try #require(try store.image(of: try await store.add(FileSource(.file(file)))))
                #expect(kernel.releaseLabel == original.releaseLabel)
                #expect(kernel.sha256 != original.sha256)
                for expected in [Start.cold, .warm] {
                    let backend = bench.backend(snapshots: bench.ownSnapshots)
                    let start = try await backend.withGuest(bench.spec(kernel), start: .auto) { guest in
                        #expect(guest.hello.release == original.releaseLabel)
                        return guest.start
                    }
                    #expect(start == expected)
                }
            }
        }
    }
}

extension Repository {
    /// Writes the kernel that a bzImage holds compressed.
    static func unpack(_ image: FilePath, to file: FilePath) throws {
        let header = try #require(BzImage(header: try Files.readStart(of: image, limit: BzImage.headerLimit)))
        let payload = try #require(header.payload)
        let descriptor = try FileDescriptor.open(image, .readOnly)
        try descriptor.closeAfter {
            let reader = try ArchiveReader.open(
                FilePart(descriptor, from: payload.lowerBound, length: Int64(payload.count) - 4))
            let entry = try #require(try reader.next())
            try reader.write(entry, of: image, to: file, limitMiB: KernelLimits.unpackedImageMiB)
        }
    }
}
