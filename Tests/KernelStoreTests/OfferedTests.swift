import FoundationEssentials
import Manifests
import MatrixModel
import SystemPackage
import TestSupport
import Testing

@testable import KernelStore

/// All that an archive has for a pattern.
struct OfferedTests {
    @Test func everyPackageOfThePatternOldestFirst() async throws {
        try await FetchFixture.withArchive { store, folder in
            let kernel = try #require(try store.catalogue().first)
            let place = folder.appending("offered")
            let offered = try await store.offered(like: kernel, manifestsIn: place)
            // Neither the unsigned one nor the meta package.
            #expect(offered.map(\.id.text) == ["debian-6.1.9+1", "debian-6.1.10+1"])
            #expect(try everything(below: folder.appending("cache/kernels")) == [])
            let files = try everything(below: place)
            #expect(files.sorted() == ["debian-6.1.10+1.yaml", "debian-6.1.9+1.yaml"])
            for manifest in offered { #expect(try KernelManifest(reading: manifest.file) == manifest) }
        }
    }

    /// They are fetched like any other, and locked where they are.
    @Test func whatIsOfferedCanBeFetched() async throws {
        try await FetchFixture.withArchive { store, folder in
            let kernel = try #require(try store.catalogue().first)
            let place = folder.appending("offered")
            let offered = try await store.offered(like: kernel, manifestsIn: place)
            let more = KernelStore(
                catalogueFolders: store.catalogueFolders + [place], cache: store.cache.folder, endpoint: store.endpoint)
            let outcomes = await more.fetch(offered)
            #expect(
                try outcomes.map { try $0.result.get().releaseLabel } == [
                    "6.1.0-9-cloud-amd64", "6.1.0-10-cloud-amd64",
                ])
            #expect(try KernelLocks(folders: [place])[offered[0].id]?.version == "6.1.9-1")
            #expect(try KernelLocks(folders: store.catalogueFolders)[offered[0].id] == nil)
        }
    }

    @Test func aPatternThatNothingMatches() async throws {
        try await FetchFixture.withArchive(package: "linux-image-9.9.*") { store, folder in
            let kernel = try #require(try store.catalogue().first)
            let error = await #expect(throws: KernelStoreError.self) {
                try await store.offered(like: kernel, manifestsIn: folder.appending("offered"))
            }
            #expect(error.map { "\($0)".contains("linux-image-9.9.*") } == true)
        }
    }

    @Test func aKernelThatComesFromElsewhere() async throws {
        try await FetchFixture.withArchive { store, folder in
            let kernel = KernelManifest(
                id: try #require(KernelID("local-6.1")), source: .file(FileSource(.file("/boot/vmlinuz"))), file: "")
            #expect(try await store.offered(like: kernel, manifestsIn: folder.appending("offered")) == [])
        }
    }
}
