import SystemPackage
import TestSupport
import Testing

@testable import KernelStore

struct VmlinuxTests {
    @Test func isWrappedIntoABzImageThatLoadsItWhereItBelongs() async throws {
        try await withFolder { folder in
            let file = folder.appending("vmlinux")
            try write(vmlinux(), to: file)
            let found = try ImageExtractor(file: file).extract(into: folder.appending("."))
            let image = try contents(of: found.image)
            #expect(found.header.release == "6.9.1-test")
            #expect(found.header.banner == "6.9.1-test (me@here) #1")
            #expect(found.header.minimumSize == Int64(image.count))
            #expect(found.header.payload == nil)
            // Documentation/arch/x86/boot.rst: protocol 2.12, loaded high, at 1 MiB behind the setup sectors.
            #expect(image.number(at: 0x206, bytes: 2) == 0x020C)
            #expect(image[0x211] & 1 == 1)
            let loaded = (Int(image[0x1F1]) + 1) * 512 + (15 << 20)
            #expect(Array(image[loaded...].prefix(16)) == Array(vmlinux()[4096...].prefix(16)))
            // init_size reaches to the end of the memory that the kernel's segments take.
            #expect(image.number(at: 0x260, bytes: 4) == 16 << 20)
        }
    }

    @Test(arguments: [
        (vmlinux(physical: 1 << 20), BootProblem.segment(at: 1 << 20)),
        (vmlinux(physical: 1 << 40), .segment(at: 1 << 40)),
        (vmlinux(physical: .max), .segment(at: .max)),
        (vmlinux(memorySize: .max), .segment(at: 16 << 20)),
        (vmlinux(memorySize: 1), .segment(at: 16 << 20)),
        (vmlinux(fileSize: 1 << 19), .cutShort),
        (vmlinux(fileSize: 512 << 20, memorySize: 600 << 20), .cutShort),
        (vmlinux(entry: 5), .entry(5)),
        (vmlinux(headers: 0xFFFF), .headers),
        (vmlinux(headers: 0), .entry(16 << 20)),
        (Array(vmlinux().prefix(70)), .cutShort),
        (vmlinux(Array("no banner, Linux version %s".utf8)), .noBanner),
    ])
    func unbootableImageIsRejected(bytes: [UInt8], problem: BootProblem) async throws {
        try await withFolder { folder in
            let file = folder.appending("in/vmlinux")
            try write(bytes, to: file)
            let cache = KernelCache(folder: folder.appending("cache"))
            #expect(throws: KernelStoreError.unbootable(file: file, problem)) { try cache.header(of: file) }
            #expect(try everything(below: folder.appending("cache")) == ["kernels"])
        }
    }

    @Test(arguments: [Compression.gzip, .xz, .zstd])
    func isTakenOutOfItsCompression(compression: Compression) async throws {
        try await withFolder { folder in
            let file = folder.appending("in/vmlinux")
            try write(compressed(vmlinux(), compression), to: file)
            #expect(try KernelCache(folder: folder.appending("cache")).header(of: file).release == "6.9.1-test")
        }
    }

    @Test func payloadPastTheImageIsRejected() async throws {
        try await withFolder { folder in
            let file = folder.appending("in/vmlinuz")
            try write(bzImage("6.1 x", payload: [1, 2, 3], length: 1 << 30), to: file)
            #expect(throws: KernelStoreError.unbootable(file: file, .payload)) {
                try ImageExtractor(file: file).extract(into: folder)
            }
        }
    }
}
