import HostTools
import SystemPackage
import TestSupport
import Testing

@testable import KernelStore

struct ContainerImageTests {
    private static let kernel = bzImage("6.1.9 x")

    /// The result of extracting from `layout`: the release, and the content of the config.
    private func extract(_ layout: Layout, asTar: Bool = false) async throws -> ImageExtractor.Extracted {
        try await withFolder { folder in
            let file = folder.appending("in/image")
            if asTar { try write(layout.archived(), to: file) } else { try layout.place(in: file) }
            let work = folder.appending("work")
            try Files.makeFolder(work)
            return try ImageExtractor(file: file).extract(into: work)
        }
    }

    private static func layer(_ members: Member..., compression: Compression = .gzip) throws -> [UInt8] {
        try tar(members, compression: compression)
    }

    private static func image(_ path: String, _ release: String) -> Member {
        Member(path: path, bytes: bzImage("\(release) x"))
    }

    @Test(arguments: Compression.allCases, [false, true])
    func kernelAndConfigAreFoundAnywhere(compression: Compression, asTar: Bool) async throws {
        for root in ["", "./", "data/kernels/6.1/"] {
            let layer = try Self.layer(
                Self.image("\(root)boot/vmlinuz-6.1.9", "6.1.9"),
                Member(path: "\(root)boot/config-6.1.9", bytes: Array("CONFIG_A=y\n".utf8)),
                Member(path: "\(root)lib/modules/6.1.9/kernel/a.ko", bytes: module("depends=")),
                compression: compression)
            let found = try await extract(Layout(layers: [layer]), asTar: asTar)
            #expect(found.header.release == "6.1.9")
            #expect(found.config != nil && found.moduleArchives.count == 1)
            #expect(found.choice == nil)
        }
    }

    @Test func theNewestOfSeveralKernelsIsUsedAndReported() async throws {
        let layout = try Layout(layers: [
            Self.layer(Self.image("boot/vmlinuz-6.12.1", "6.12.1"), Self.image("boot/vmlinuz-6.8.1", "6.8.1")),
            Self.layer(Self.image("lib/modules/6.12.1-2/vmlinuz", "6.12.1-2")),
        ])
        let found = try await extract(layout)
        #expect(found.header.release == "6.12.1-2")
        #expect(found.choice == "lib/modules/6.12.1-2/vmlinuz of 3 kernels")
    }

    /// opencontainers/image-spec layer.md, "Whiteouts".
    @Test(arguments: [
        ("boot/.wh.vmlinuz-6.9.0", "6.1.0"), ("boot/.wh..wh..opq", nil), (".wh.boot", nil), ("boot/.wh.other", "6.9.0"),
        ("boot", nil),
    ])
    func whatALaterLayerRemovesIsGone(whiteout: String, release: String?) async throws {
        let lower = try Self.layer(
            Self.image("boot/vmlinuz-6.1.0", "6.1.0"), Self.image("boot/vmlinuz-6.9.0", "6.9.0"))
        let layout = try Layout(layers: [lower, Self.layer(Member(path: whiteout))])
        if let release {
            #expect(try await extract(layout).header.release == release)
        } else {
            await #expect(throws: KernelStoreError.self) { try await extract(layout) }
        }
    }

    @Test func anOpaqueFolderKeepsWhatItsOwnLayerPutsThere() async throws {
        let layout = try Layout(layers: [
            Self.layer(Self.image("boot/vmlinuz-6.9.0", "6.9.0")),
            Self.layer(Self.image("boot/vmlinuz-6.1.0", "6.1.0"), Member(path: "boot/.wh..wh..opq")),
        ])
        #expect(try await extract(layout).header.release == "6.1.0")
    }

    @Test(arguments: [
        ("boot/vmlinuz", "custom", true), ("boot/vmlinuz", "/boot/custom", true),
        ("boot/vmlinuz", "../../boot/./custom", true), ("boot/vmlinuz-6.5", "../link/custom", true),
        ("boot/vmlinuz", "/etc/hostname", false), ("boot/vmlinuz", "vmlinuz", false),
        ("boot/vmlinuz", "../loop/custom", false), ("boot/vmlinuz", "", false),
    ])
    func linksAreFollowedInsideTheImageOnly(path: String, target: String, isFound: Bool) async throws {
        func link(_ path: String, to target: String) -> Member {
            Member(path: path, kind: .symbolicLink, bytes: Array(target.utf8))
        }
        let layout = try Layout(layers: [
            Self.layer(Self.image("boot/custom", "6.5.0"), link("link", to: "boot"), link("loop", to: "/loop")),
            Self.layer(link(path, to: target)),
        ])
        if isFound {
            #expect(try await extract(layout).header.release == "6.5.0")
        } else {
            await #expect(throws: KernelStoreError.self) { try await extract(layout) }
        }
    }

    @Test(arguments: [false, true]) func whatOnlyLiesWhereKernelsDoIsNone(asTar: Bool) async throws {
        let layout = try Layout(layers: [Self.layer(Member(path: "boot/vmlinuz-6.1", bytes: Array("a text".utf8)))])
        let error = await #expect(throws: KernelStoreError.self) { try await extract(layout, asTar: asTar) }
        guard case .noKernelInImage = error else {
            Issue.record("\(String(describing: error))")
            return
        }
    }

    @Test func theImageForThisArchitectureIsTaken() async throws {
        var layout = Layout()
        let other = layout.manifest(of: [try Self.layer(Self.image("boot/vmlinuz-6.9", "6.9.0"))])
        let ours = layout.manifest(of: [try Self.layer(Self.image("boot/vmlinuz-6.1", "6.1.0"))])
        let nested = Layout.indexBytes([
            layout.descriptor(of: other, platform: "linux/arm64"), layout.descriptor(of: ours, platform: "linux/amd64"),
            layout.descriptor(of: Array("{}".utf8), platform: "unknown/unknown"),
        ])
        layout.index([layout.descriptor(of: nested)])
        #expect(try await extract(layout).header.release == "6.1.0")
    }

    /// moby's image/spec: layers are uncompressed, and the config has their digests.
    @Test func whatDockerSaveWroteIsRead() async throws {
        let layer = try Self.layer(Self.image("boot/vmlinuz", "6.1.0"), compression: .none)
        var layout = Layout()
        layout.files = [
            "abc/layer.tar": layer,
            "def.json": Array(
                #"{"rootfs": {"diff_ids": ["sha256:\#(Digest.of(layer))"]}}"#.utf8),
            "manifest.json": Array(#"[{"Config": "def.json", "RepoTags": null, "Layers": ["abc/layer.tar"]}]"#.utf8),
        ]
        #expect(try await extract(layout, asTar: true).header.release == "6.1.0")
        layout.files["abc/layer.tar"]?[600] ^= 1
        await #expect(throws: KernelStoreError.self) { try await extract(layout, asTar: true) }
    }
}
