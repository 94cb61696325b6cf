import SystemPackage
import TestSupport
import Testing

@testable import KernelStore

/// Every archive is either used or rejected, and nothing is left behind.
struct HostileArchiveTests {
    private static let kernel = bzImage("6.1.0 x")
    private static let image = Member(path: "./boot/vmlinuz-6.1.0", bytes: kernel)

    /// What the release in `bytes` is, `nil` when they are refused; either way the cache is as it was.
    private func release(in bytes: [UInt8], folder: FilePath) throws -> String? {
        let file = folder.appending("in/archive")
        try write(bytes, to: file)
        let cache = KernelCache(folder: folder.appending("cache"))
        let result = Result { () throws(KernelStoreError) in try cache.header(of: file).release }
        #expect(try everything(below: folder).filter { !$0.hasPrefix("in") } == ["cache", "cache/kernels"])
        if case .failure(let error) = result {
            #expect("\(error)".hasPrefix("\(file): ") && !"\(error)".contains("\n"), "\(error)")
        }
        return try? result.get()
    }

    /// A `.deb` whose image comes early, one in the middle of which it lies, and both kinds of container archive.
    private static func archives() throws -> [[UInt8]] {
        let modules = (0..<20).map { Member(path: "./lib/modules/6.1.0/\($0).ko", bytes: module("depends=a\($0)")) }
        let layer = try tar([image] + modules, compression: .gzip)
        return [
            try debianPackage([image] + modules, compression: .xz),
            try debianPackage(modules + [image], compression: .none),
            try Layout(layers: [layer]).archived(),
            try compressed(kernel, .zstd),
            vmlinux(),
            kernel,
        ]
    }

    @Test(arguments: 0..<6)
    func truncatedAnywhereIsRefused(number: Int) async throws {
        let whole = try Self.archives()[number]
        // The zeros at the end of a tar archive, and of what is padded, are no loss.
        let significant = whole.count - whole.reversed().prefix { $0 == 0 }.count
        try await withFolder { folder async throws in
            #expect(try release(in: whole, folder: folder) != nil)
            for length in stride(from: 0, to: significant, by: max(61, significant / 80)) {
                let found = try release(in: Array(whole.prefix(length)), folder: folder)
                // A part that is missing from a container archive may be one that is not needed; digests detect all
                // others.
                #expect(found == nil || number == 2 && length >= significant - 2048, "\(length)")
            }
        }
    }

    /// Every 97th byte is inverted: the file is used or rejected, and never causes a crash.
    ///
    /// Of the plain kernel, the last one, only the header is examined.
    @Test(arguments: 0..<5)
    func damagedAnywhereIsUsedOrRefused(number: Int) async throws {
        let whole = try Self.archives()[number]
        try await withFolder { folder async throws in
            var refused = 0
            for offset in stride(from: 0, to: whole.count, by: max(97, whole.count / 60)) {
                var damaged = whole
                damaged[offset] ^= 0xFF
                if try release(in: damaged, folder: folder) == nil { refused += 1 }
            }
            #expect(refused > 0)
        }
    }

    @Test(arguments: [
        "../../boot/vmlinuz-6.1.0", "boot/../../vmlinuz-6.1.0", "./lib/modules/../../vmlinuz",
        "/../boot/vmlinuz-6.1.0", "boot/../boot/vmlinuz-6.1.0",
    ])
    func pathWithDotDotIsIgnored(path: String) async throws {
        try await withFolder { folder async throws in
            let member = Member(path: path, bytes: Self.kernel)
            #expect(try release(in: debianPackage([member]), folder: folder) == nil)
            let layer = try tar([member], compression: .gzip)
            #expect(try release(in: Layout(layers: [layer]).archived(), folder: folder) == nil)
        }
    }

    /// Nothing is ever written to a path from an archive, so an absolute path refers to a file inside it.
    @Test func absolutePathStaysInside() async throws {
        try await withFolder { folder async throws in
            let member = Member(path: "/boot/vmlinuz-6.1.0", bytes: Self.kernel)
            #expect(try release(in: debianPackage([member]), folder: folder) == "6.1.0")
            let layer = try tar([member], compression: .gzip)
            #expect(try release(in: Layout(layers: [layer]).archived(), folder: folder) == "6.1.0")
        }
    }

    @Test(arguments: [Member.Kind.symbolicLink, .hardLink, .device, .folder])
    func kernelMustBeAFile(kind: Member.Kind) async throws {
        try await withFolder { folder async throws in
            let member = Member(path: "boot/vmlinuz-6.1.0", kind: kind, bytes: Array("boot/vmlinuz-6.1.0".utf8))
            #expect(try release(in: debianPackage([member]), folder: folder) == nil)
            let layer = try tar([member], compression: .gzip)
            #expect(try release(in: Layout(layers: [layer]).archived(), folder: folder) == nil)
        }
    }

    @Test func hugeArchivesAreRead() async throws {
        try await withFolder { folder async throws in
            let names = (0..<20_000).map { Member(path: "./a/\($0)") }
            let long = Member(path: "./boot/" + String(repeating: "x/", count: 4000) + "vmlinuz-6.9")
            let package = try debianPackage(names + [long, Self.image], compression: .zstd)
            #expect(try release(in: package, folder: folder) == "6.1.0")
            let layer = try tar(names + [long, Self.image], compression: .zstd)
            #expect(try release(in: Layout(layers: [layer]).archived(), folder: folder) == "6.1.0")
        }
    }

    @Test func archiveBombIsRejected() async throws {
        try await withFolder { folder async throws in
            let bomb = folder.appending("bomb")
            try write(compressed([UInt8](repeating: 0, count: 3 << 20), .zstd), to: bomb)
            let target = folder.appending("target")
            #expect(throws: KernelStoreError.tooLarge(file: bomb, limitMiB: 2)) {
                try CompressedFile(file: bomb, owner: bomb).unpack(to: target, limitMiB: 2)
            }
            #expect(try Files.status(target) == nil)
        }
    }

    /// Each compression multiplies the size: only bombs are compressed twice.
    @Test func repeatedCompressionIsRejected() async throws {
        try await withFolder { folder async throws in
            let data = try compressed(tar([Self.image], compression: .gzip), .gzip)
            #expect(try release(in: debianPackage(data: data), folder: folder) == nil)
            let layer = try compressed(tar([Self.image], compression: .zstd), .zstd)
            #expect(try release(in: Layout(layers: [layer]).archived(), folder: folder) == nil)
        }
    }
}
