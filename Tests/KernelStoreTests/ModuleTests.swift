import Manifests
import MatrixModel
import SystemPackage
import TestSupport
import Testing

@testable import KernelStore

struct ModuleTests {
    private static let release = "6.1.0-9"
    private static let image = Member(path: "./boot/vmlinuz-\(release)", bytes: bzImage("\(release) x"))

    private static func member(_ name: String, _ info: String, compression: Compression = .none) throws -> Member {
        let bytes = module(info)
        return Member(
            path: "./lib/modules/\(release)/kernel/deep/\(name).ko\(compression.rawValue)",
            bytes: compression == .none ? bytes : try compressed(bytes, compression))
    }

    /// A store with a kernel of `package`, and the given modules.
    private func withKernel(
        _ package: [Member], beside: [Member]? = nil,
        _ body: (KernelStore, KernelManifest, FilePath) throws -> Void
    ) async throws {
        try await withFolder { folder in
            let store = KernelStore(catalogueFolders: [folder.appending("own")], cache: folder.appending("cache"))
            try write(debianPackage(package), to: folder.appending("kernel.deb"))
            let kernel = try await store.add(file: folder.appending("kernel.deb"), id: KernelID("mine-6.1"))
            if let beside {
                try write(debianPackage(beside), to: folder.appending("modules.deb"))
                try store.cache.keepModules([folder.appending("modules.deb")], of: kernel.id)
            }
            try body(store, kernel, folder)
        }
    }

    @Test(arguments: Compression.allCases)
    func dependenciesComeFirst(compression: Compression) async throws {
        let modules = [
            try Self.member("top", "license=GPL\0depends=left-side,right_side\0name=top", compression: compression),
            try Self.member("left_side", "depends=base", compression: compression),
            try Self.member("right-side", "depends=base", compression: compression),
            try Self.member("base", "depends=\0vermagic=x", compression: compression),
            try Self.member("other", "depends=", compression: compression),
        ]
        try await withKernel([Self.image] + modules) { store, kernel, folder in
            let found = try store.modules(["base", "top"], of: kernel)
            #expect(found.map(\.name) == ["base", "left_side", "right_side", "top"])
            #expect(try contents(of: found[0].path) == module("depends=\0vermagic=x"))
            #expect(found.map { $0.path.lastComponent?.string } == found.map { "\($0.name).ko" })
            #expect(try found.allSatisfy { try Files.digest(of: $0.path) == $0.sha256 })
            // Again from the cache, though what they came from is gone.
            try Files.delete(folder.appending("kernel.deb"))
            #expect(try store.modules(["base", "top"], of: kernel) == found)
        }
    }

    @Test func whatIsPartOfTheImageIsLeftOut() async throws {
        let list = Member(
            path: "lib/modules/\(Self.release)/modules.builtin",
            bytes: Array("kernel/fs/ext4/ext4.ko\nkernel/lib/lib-crc.ko\n".utf8))
        let dummy = try Self.member("dummy", "depends=lib_crc")
        try await withKernel([Self.image, list, dummy]) { store, kernel, _ throws in
            #expect(try store.modules(["ext4", "dummy"], of: kernel).map(\.name) == ["dummy"])
        }
    }

    @Test func unknownModuleIsReportedWithSimilarNames() async throws {
        let modules = try ["dummy", "nf_conntrack", "veth"].map { try Self.member($0, "depends=") }
        try await withKernel([Self.image] + modules) { store, kernel, _ throws in
            for (name, nearest) in [("dumy", "dummy"), ("conntrack", "nf_conntrack")] {
                #expect(throws: KernelStoreError.noSuchModule(kernel.id, name: name, nearest: [nearest])) {
                    try store.modules([name], of: kernel)
                }
            }
            #expect(throws: KernelStoreError.noSuchModule(kernel.id, name: "../veth", nearest: [])) {
                try store.modules(["../veth"], of: kernel)
            }
        }
    }

    @Test func missingDependencyIsReported() async throws {
        try await withKernel([Self.image, Self.member("top", "depends=gone")]) { store, kernel, _ throws in
            #expect(throws: KernelStoreError.noSuchModule(kernel.id, name: "gone", nearest: [])) {
                try store.modules(["top"], of: kernel)
            }
        }
    }

    @Test func modulesThatDependOnEachOtherAreNoHang() async throws {
        let modules = [try Self.member("a", "depends=b"), try Self.member("b", "depends=a,b")]
        try await withKernel([Self.image] + modules) { store, kernel, _ throws in
            #expect(try store.modules(["a"], of: kernel).map(\.name) == ["b", "a"])
        }
    }

    @Test func deepDependenciesTerminate() async throws {
        let modules = try (0..<200).map { try Self.member("m\($0)", "depends=m\($0 + 1)") }
        try await withKernel([Self.image] + modules) { store, kernel, _ throws in
            #expect(throws: KernelStoreError.damagedModule(kernel.id, name: "m64")) {
                try store.modules(["m0"], of: kernel)
            }
        }
    }

    @Test func aRelatedPackageContainsThem() async throws {
        let beside = [try Self.member("dummy", "depends=")]
        try await withKernel([Self.image], beside: beside) { store, kernel, folder in
            #expect(try store.modules(["dummy"], of: kernel).map(\.name) == ["dummy"])
            try store.cache.keepModules([], of: kernel.id)
            #expect(throws: KernelStoreError.modulesNotHere(kernel.id)) { try store.modules(["dummy"], of: kernel) }
            let file = folder.appending("text")
            try write("no package", to: file)
            #expect(throws: KernelStoreError.noModules(file: file)) {
                try store.cache.keepModules([file], of: kernel.id)
            }
        }
    }

    @Test(arguments: ["empty", "empty/lib/modules/\(release)"])
    func folderWithoutModulesIsRejected(path: String) async throws {
        try await withKernel([Self.image, Self.member("dummy", "depends=")]) { store, kernel, folder in
            let empty = folder.pushing(FilePath(path))
            try write("kernel/ext4.ko\n", to: empty.appending("modules.builtin"))
            #expect(throws: KernelStoreError.noModules(file: empty)) {
                try store.cache.keepModules([empty], of: kernel.id)
            }
            #expect(try store.modules(["dummy"], of: kernel).map(\.name) == ["dummy"])
        }
    }

    @Test func aPlainImageHasNone() async throws {
        try await withFolder { folder in
            let store = KernelStore(catalogueFolders: [folder.appending("own")], cache: folder.appending("cache"))
            try write(Self.image.bytes, to: folder.appending("bzImage"))
            let kernel = try await store.add(file: folder.appending("bzImage"))
            #expect(throws: KernelStoreError.modulesNotHere(kernel.id)) { try store.modules(["dummy"], of: kernel) }
            #expect(try store.modules([], of: kernel) == [])
        }
    }

    /// The folder itself, `lib/modules`, and the root of what an installation wrote.
    @Test(arguments: ["root/lib/modules/\(release)", "root/lib/modules", "root", "root/lib/modules/\(release)/"])
    func folderWithModulesMayChange(path: String) async throws {
        try await withKernel([Self.image]) { store, kernel, folder in
            let modules = folder.appending("root/lib/modules/\(Self.release)")
            try write(module("depends=base"), to: modules.appending("kernel/dummy.ko"))
            try write(compressed(module("depends="), .xz), to: modules.appending("extra/base.ko.xz"))
            try write(module("depends="), to: folder.appending("root/lib/modules/5.9/kernel/old.ko"))
            try write("kernel/ext4.ko\n", to: modules.appending("modules.builtin"))
            try store.cache.keepModules([folder.pushing(FilePath(path))], of: kernel.id)
            #expect(try store.modules(["dummy", "ext4"], of: kernel).map(\.name) == ["base", "dummy"])
            #expect(throws: KernelStoreError.self) { try store.modules(["old"], of: kernel) }

            try write(module("depends=\0new"), to: modules.appending("kernel/dummy.ko"))
            let changed = try #require(try store.modules(["dummy"], of: kernel).first)
            #expect(try contents(of: changed.path) == module("depends=\0new"))

            Files.remove(folder.appending("root"))
            #expect(throws: KernelStoreError.moduleFolderGone(kernel.id, folder: folder.pushing(FilePath(path)))) {
                try store.modules(["dummy"], of: kernel)
            }
        }
    }

    @Test func nonModuleIsRejected() {
        let whole = module("name=a\0depends=b,c-d")
        #expect(ModuleInfo(module: whole)?.dependencies == ["b", "c_d"])
        #expect(ModuleInfo(module: module("name=a"))?.dependencies == [])
        for length in 0..<whole.count { #expect(ModuleInfo(module: Array(whole.prefix(length))) == nil) }
        // Numbers in headers that lead anywhere.
        for offset in 40..<whole.count {
            var absurd = whole
            absurd[offset] = 0xFF
            _ = ModuleInfo(module: absurd)
        }
        for offset in [40, 58, 60, 62] {
            var absurd = whole
            absurd.put(0xFFFF_FFFF_FFFF_FFFF, at: offset, bytes: offset == 40 ? 8 : 2)
            #expect(ModuleInfo(module: absurd) == nil)
        }
    }
}
