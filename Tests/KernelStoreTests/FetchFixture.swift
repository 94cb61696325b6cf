import FoundationEssentials
import Manifests
import SystemPackage
import TestSupport
import Testing

@testable import KernelStore

/// A store whose only archive is `SignedArchive`, with one kernel on its axis.
enum FetchFixture {
    static let package = "linux-image-6.1.0-*-cloud-amd64"

    /// Writes the signed archive and one manifest, and hands over the store, and the folder that all is in.
    static func withArchive(
        package: String = FetchFixture.package, _ body: (KernelStore, FilePath) async throws -> Void
    ) async throws {
        try await withFolder { folder in
            for (path, base64) in SignedArchive.files {
                let bytes = try #require(Data(base64Encoded: base64))
                try write([UInt8](bytes), to: folder.appending("archive").appending(path))
            }
            try writeManifest(package: package, in: folder)
            try await body(store(of: "file:\(folder.appending("archive"))", in: folder), folder)
        }
    }

    /// The same archive on a web server, which behaves as `server.py` says.
    static func withServer(
        _ behaviour: String, _ body: (KernelStore, FilePath, WebServer) async throws -> Void
    ) async throws {
        try await withArchive { _, folder in
            try await WebServer.serving(folder.appending("archive")) { server in
                let mirror = try server.address(behaviour, "").description
                try await body(store(of: mirror, in: folder), folder, server)
            }
        }
    }

    private static func store(of mirror: String, in folder: FilePath) -> KernelStore {
        let endpoint = AptEndpoint(mirror: mirror, keyring: folder.appending("archive/key.gpg"))
        return KernelStore(
            catalogueFolders: [folder.appending("kernels")], cache: folder.appending("cache")
        ) { archive throws(KernelStoreError) in
            guard archive == .debian else {
                throw .mirrorUnknown(archive, variable: archive.mirrorVariable, package: "x")
            }
            return endpoint
        }
    }

    static func writeManifest(package: String, in folder: FilePath) throws {
        try write(
            "source: {apt: {archive: debian, suite: test, package: '\(package)'}}\n",
            to: folder.appending("kernels/debian-6.1.yaml"))
    }

    static func fetchOne(_ store: KernelStore, refresh: Bool = false) async throws -> KernelImage {
        try #require(await store.fetch(store.catalogue(), refresh: refresh).first).result.get()
    }
}
