import SystemPackage
import TestSupport
import Testing

@testable import KernelStore

struct ImageExtractorTests {
    private let kernel = bzImage("6.1.0-9-cloud-amd64 (debian-kernel@x)")

    @Test(arguments: Compression.allCases)
    func takesImageAndConfigOutOfAPackage(compression: Compression) async throws {
        try await withFolder { folder in
            let package = try debianPackage(
                [
                    Member(path: "./boot/", kind: .folder),
                    Member(path: "./boot/System.map-6.1.0-9", bytes: [1, 2, 3]),
                    Member(path: "./boot/config-6.1.0-9", bytes: Array("CONFIG_BPF=y\n".utf8)),
                    Member(path: "./boot/vmlinuz-6.1.0-9", bytes: kernel),
                    Member(path: "./lib/modules/6.1.0-9/kernel/a.ko", bytes: [4]),
                ], compression: compression)
            // A name says nothing: this one calls itself an image.
            try write(package, to: folder.appending("vmlinuz-6.1"))
            let found = try ImageExtractor(file: folder.appending("vmlinuz-6.1")).extract(into: folder)
            #expect(try contents(of: found.image) == kernel)
            #expect(try found.config.map { try contents(of: $0) } == Array("CONFIG_BPF=y\n".utf8))
            #expect(found.sha256 == kernelDigest)
            #expect(found.header.release == "6.1.0-9-cloud-amd64")
        }
    }

    @Test(arguments: ["./usr/lib/modules/7.3.4/vmlinuz", "lib/modules/7.3.4/vmlinuz", "/boot/vmlinuz-7.3.4"])
    func knowsWhereDebianPutsTheImage(path: String) async throws {
        try await withFolder { folder in
            try write(debianPackage([Member(path: path, bytes: kernel)]), to: folder.appending("a.deb"))
            let found = try ImageExtractor(file: folder.appending("a.deb")).extract(into: folder)
            #expect(try contents(of: found.image) == kernel)
            #expect(found.config == nil)
        }
    }

    @Test(arguments: [
        ("./boot/config-5.4.0-7-generic", true), ("./usr/lib/modules/7.3.4/config", true),
        ("./lib/modules/7.3.4/config", true), ("./usr/share/doc/linux/config-7.3.4", false),
        ("./lib/modules/7.3.4/build/config", false), ("./lib/modules/../config", false),
    ])
    func takesTheConfigAloneOutOfAPackageWithoutAnImage(path: String, isConfig: Bool) async throws {
        try await withFolder { folder in
            let text = Array("CONFIG_HZ=250\n".utf8)
            try write(
                debianPackage([Member(path: "./boot/System.map", bytes: [1]), Member(path: path, bytes: text)]),
                to: folder.appending("a.deb"))
            let config = try ImageExtractor(file: folder.appending("a.deb")).extractConfig(into: folder)
            #expect(config == (isConfig ? folder.appending("config") : nil))
            #expect(try config.map { try contents(of: $0) } == (isConfig ? text : nil))
        }
    }

    @Test(arguments: [
        Member(path: "./boot/config-6.1", kind: .symbolicLink, bytes: Array("/etc/passwd".utf8)),
        Member(path: "./boot/config-6.1", bytes: [UInt8](repeating: 10, count: (4 << 20) + 1)),
    ])
    func whatCannotBeAConfigIsPassedOver(member: Member) async throws {
        try await withFolder { folder in
            let file = folder.appending("in/a.deb")
            let kernel = Member(path: "./boot/vmlinuz-6.1", bytes: kernel)
            try write(debianPackage([member, kernel]), to: file)
            #expect(try ImageExtractor(file: file).extractConfig(into: folder) == nil)
            #expect(try ImageExtractor(file: file).extract(into: folder).config == nil)
        }
    }

    @Test func takesAPlainImageUnderAnyName() async throws {
        try await withFolder { folder in
            try write(kernel, to: folder.appending("a.deb"))
            let found = try ImageExtractor(file: folder.appending("a.deb")).extract(into: folder)
            #expect(try contents(of: found.image) == kernel)
            #expect(found.sha256 == kernelDigest)
        }
    }

    @Test(arguments: [
        Member(path: "../boot/vmlinuz-6.1", bytes: bzImage("6.1 x")),
        Member(path: "./lib/modules/../vmlinuz", bytes: bzImage("6.1 x")),
        Member(path: "./boot/deep/vmlinuz-6.1", bytes: bzImage("6.1 x")),
        Member(path: "./boot/vmlinuz-6.1", kind: .symbolicLink, bytes: Array("/etc/passwd".utf8)),
        Member(path: "./boot/vmlinuz-6.1", kind: .hardLink, bytes: Array("./boot/other".utf8)),
        Member(path: "./boot/vmlinuz-6.1", kind: .folder),
        Member(path: "./boot/vmlinuz-6.1", bytes: Array("no kernel".utf8)),
        Member(path: "./usr/share/doc/vmlinuz-6.1", bytes: bzImage("6.1 x")),
    ])
    func packageWithoutAKernelIsReported(member: Member) async throws {
        try await withFolder { folder in
            let file = folder.appending("in/a.deb")
            try write(debianPackage([member]), to: file)
            #expect(throws: KernelStoreError.noKernelInPackage(file: file)) {
                try ImageExtractor(file: file).extract(into: folder)
            }
        }
    }

    @Test func truncatedPackageIsReported() async throws {
        try await withFolder { folder in
            let file = folder.appending("in/a.deb")
            let whole = try debianPackage([Member(path: "./boot/vmlinuz-6.1", bytes: kernel)], compression: .none)
            for length in [100, 200, whole.count / 2, whole.count - 1600] {
                try write(Array(whole.prefix(length)), to: file)
                let error = #expect(throws: KernelStoreError.self) {
                    try ImageExtractor(file: file).extract(into: folder)
                }
                switch error {
                case .cutShort(file, _, Int64(length)), .damagedPackage(file, _): break
                default: Issue.record("\(length) of \(whole.count) bytes: \(String(describing: error))")
                }
            }
        }
    }

    @Test func truncatedImageIsReported() async throws {
        try await withFolder { folder in
            let file = folder.appending("bzImage")
            try write(kernel.dropLast(), to: file)
            let size = Int64(kernel.count)
            #expect(throws: KernelStoreError.cutShort(file: file, expected: size, found: size - 1)) {
                try ImageExtractor(file: file).extract(into: folder)
            }
        }
    }

    @Test(arguments: [
        ("./boot/vmlinuz-6.1", Int64(300) << 20, KernelLimits.imageMiB),
        ("./lib/modules/x.ko", Int64(5) << 30, Int(ArchiveReader.unpackedLimitMiB)),
    ])
    func packageThatClaimsTooMuchIsRejected(path: String, size: Int64, limit: Int) async throws {
        try await withFolder { folder in
            let file = folder.appending("in/a.deb")
            try write(debianPackage(data: tarHeader(path, claiming: size)), to: file)
            #expect(throws: KernelStoreError.tooLarge(file: file, limitMiB: limit)) {
                try ImageExtractor(file: file).extract(into: folder)
            }
            #expect(try everything(below: folder) == ["in", "in/a.deb"])
        }
    }

    /// Taken once with `sha256sum`.
    private let kernelDigest = "2eda31d8c8990333018f602e2ec78c87a357686c88ac6c334b6d445670f9e229"
}
