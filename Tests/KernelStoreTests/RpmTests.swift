import Manifests
import MatrixModel
import SystemPackage
import TestSupport
import Testing

@testable import KernelStore

struct RpmTests {
    private static let release = "5.14.0-1.el9.x86_64"

    private static func members(imageAt path: String = "lib/modules/\(release)/vmlinuz") -> [Member] {
        [
            Member(path: path, bytes: bzImage("\(release) (mockbuild@x)")),
            Member(path: "lib/modules/\(release)/config", bytes: Array("CONFIG_BPF=y\n".utf8)),
            Member(path: "lib/modules/\(release)/kernel/dummy.ko", bytes: module("depends=")),
        ]
    }

    /// The compressions of CentOS 7, 8 and 9, and of what is built with none.
    @Test(arguments: ["w2.xzdio", "w3.zstdio", "w6.gzdio", "w6.bzdio", "w0.ufdio"])
    func imageConfigAndModulesAreTakenOutOfAPackage(payload: String) async throws {
        let package = try await RpmFixture.package(Self.members(), payload: payload)
        try await withFolder { folder in
            let store = KernelStore(catalogueFolders: [folder.appending("own")], cache: folder.appending("cache"))
            try write(package, to: folder.appending("package"))
            let kernel = try await store.add(file: folder.appending("package"))
            #expect(kernel.id.text == "el9-5.14")
            let image = try #require(try store.image(of: kernel))
            #expect(image.releaseLabel == Self.release)
            #expect(try image.config.map { try contents(of: $0) } == Array("CONFIG_BPF=y\n".utf8))
            #expect(try store.modules(["dummy"], of: kernel).map(\.name) == ["dummy"])
        }
    }

    /// el7 has the image in /boot, and el8 its name in a list of files that are not in the package.
    @Test func theImageMayLieInBoot() async throws {
        let package = try await RpmFixture.package(Self.members(imageAt: "boot/vmlinuz-\(Self.release)"))
        try await withFolder { folder in
            try write(package, to: folder.appending("in/package"))
            let found = try ImageExtractor(file: folder.appending("in/package")).extract(into: folder)
            #expect(found.header.release == Self.release)
        }
    }

    @Test func truncatedPackageIsRejected() async throws {
        let package = try await RpmFixture.package(Self.members())
        try await withFolder { folder in
            let file = folder.appending("in/package")
            try write(package, to: file)
            #expect(try RpmLead.promisedSize(of: file) == Int64(package.count))
            let cache = KernelCache(folder: folder.appending("cache"))
            for length in Array(stride(from: 4, to: package.count, by: 61)) + [package.count - 1] {
                try write(Array(package.prefix(length)), to: file)
                #expect(throws: KernelStoreError.self, "\(length) of \(package.count)") { try cache.header(of: file) }
                #expect(try everything(below: folder.appending("cache")) == ["kernels"])
            }
        }
    }
}
