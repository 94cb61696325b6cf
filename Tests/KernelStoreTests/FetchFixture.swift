import FoundationEssentials
import Manifests
import SystemPackage
import Testing

@testable import KernelStore

/// A store whose only archive is `SignedArchive`, with one kernel on its axis.
enum FetchFixture {
    static let package = "linux-image-6.1.0-*-cloud-amd64"

    /// Writes the signed archive and one manifest, and hands over the store, and the folder that all is in.
    static func withArchive(
        package: String = FetchFixture.package, _ body: (KernelStore, FilePath) async throws -> Void
    ) async throws {
        try await withTemporaryFolder { folder in
            for (path, base64) in SignedArchive.files {
                let bytes = try #require(Data(base64Encoded: base64))
                try write([UInt8](bytes), to: folder.appending("archive").appending(path))
            }
            try writeManifest(package: package, in: folder)
            let endpoint = AptEndpoint(
                mirror: "file:\(folder.appending("archive"))", keyring: folder.appending("archive/key.gpg"))
            let store = KernelStore(
                catalogueFolders: [folder.appending("kernels")], cache: folder.appending("cache")
            ) { archive throws(KernelStoreError) in
                guard archive == .debian else {
                    throw .mirrorUnknown(archive, variable: archive.mirrorVariable, package: "x")
                }
                return endpoint
            }
            try await body(store, folder)
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
