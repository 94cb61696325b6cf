import Manifests
import MatrixModel
import SystemPackage
import TestSupport
import Testing

@testable import KernelStore

/// skopeo itself, against a registry on the loopback.
@Suite(.timeLimit(.minutes(10))) struct RegistryTests {
    private static func members(_ release: String) -> [Member] {
        [
            Member(path: "boot/config-\(release)", bytes: Array("CONFIG_BPF=y\n".utf8)),
            Member(path: "boot/vmlinuz-\(release)", bytes: bzImage("\(release) (somebody@here) #1 SMP")),
        ]
    }

    private func withRegistry(
        stall: Duration = .seconds(60), _ body: (KernelStore, RegistryFixture, WebServer, FilePath) async throws -> Void
    ) async throws {
        try await withFolder { folder in
            let registry = RegistryFixture(site: folder.appending("site"))
            try write("", to: folder.appending("site/empty"))
            let tools = SourceTools(
                limits: DownloadLimits(connect: .seconds(5), stall: stall, sizeMiB: 8),
                vendorKeys: folder.appending("keys"), registriesArePlain: true)
            let store = KernelStore(
                catalogueFolders: [folder.appending("kernels")], cache: folder.appending("cache"), tools: tools
            ) { archive throws(KernelStoreError) in
                throw .mirrorUnknown(archive, variable: archive.mirrorVariable, package: "x")
            }
            try await WebServer.serving(folder.appending("site")) { server in
                try write(
                    "source: {oci: '127.0.0.1:\(server.port)/kernels:6.9'}\n",
                    to: folder.appending("kernels/local-6.9.yaml"))
                try await body(store, registry, server, folder)
            }
        }
    }

    private func fetch(_ store: KernelStore) async throws -> KernelImage {
        try #require(await store.fetch(store.catalogue()).first).result.get()
    }

    @Test func anImageIsLockedByTheDigestOfItsManifest() async throws {
        try await withRegistry { (store, registry, server, folder) async throws in
            let digest = try registry.push(Self.members("6.9.1-test"))
            let image = try await fetch(store)
            #expect(image.releaseLabel == "6.9.1-test")
            #expect(image.config != nil)
            let kernel = try #require(store.catalogue().first)
            let lock = try #require(try KernelLocks(folders: store.catalogueFolders)[kernel.id])
            #expect(lock.files == [LockedFile(source: "oci 127.0.0.1:\(server.port)/kernels:6.9", sha256: digest)])
            #expect(try everything(below: folder.appending("cache/downloads")) == [])

            // The tag moves on, the lock does not.
            store.cache.remove(kernel.id)
            try registry.push(Self.members("6.9.2-test"))
            #expect(try await fetch(store) == image)
            let refreshed = try #require(await store.refresh([kernel]).first).result.get()
            #expect(refreshed.isChanged)
            #expect(refreshed.image.releaseLabel == "6.9.2-test")
        }
    }

    @Test func missingImageHasOneReason() async throws {
        try await withRegistry { (store, _, _, folder) async throws in
            let error = await #expect(throws: KernelStoreError.self) { try await fetch(store) }
            guard case .registryFailed = error else {
                Issue.record("\(String(describing: error))")
                return
            }
            #expect(try everything(below: folder.appending("cache/downloads")) == [])
        }
    }

    @Test func layerThatDiffersFromTheManifestIsRejected() async throws {
        try await withRegistry { (store, registry, _, folder) async throws in
            try registry.push(Self.members("6.9.1-test"))
            for name in try everything(below: folder.appending("site/kernels/blobs")) {
                let blob = folder.appending("site/kernels/blobs").appending(name)
                var bytes = try contents(of: blob)
                bytes[bytes.count / 2] ^= 1
                try write(bytes, to: blob)
            }
            let error = await #expect(throws: KernelStoreError.self) { try await fetch(store) }
            guard case .registryFailed = error else {
                Issue.record("\(String(describing: error))")
                return
            }
            #expect(try everything(below: folder.appending("cache/downloads")) == [])
            #expect(try everything(below: folder.appending("cache/kernels")) == [])
        }
    }

    @Test func missingRegistryFailsAtOnce() async throws {
        try await withFolder { folder in
            let copy = RegistryCopy(
                reference: try OCIReference("127.0.0.1:9/kernels:6.9"), folder: folder,
                limits: DownloadLimits(connect: .seconds(5)), isPlain: true)
            let error = await #expect(throws: KernelStoreError.self) {
                try await copy.withLayout(locked: nil, progress: { _, _ in }) { _, _ throws(KernelStoreError) in }
            }
            #expect(error.map { "\($0)".hasPrefix("cannot reach the server at 127.0.0.1:9: ") } == true)
            #expect(try everything(below: folder) == [])
        }
    }
}
