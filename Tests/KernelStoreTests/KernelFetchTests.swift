import FoundationEssentials
import Manifests
import MatrixModel
import SystemPackage
import TestSupport
import Testing

@testable import KernelStore

/// apt itself, on an archive in a folder: signatures, versions and downloads are real.
struct KernelFetchTests {
    @Test func takesTheNewestInDpkgsOrderAndLocksIt() async throws {
        try await FetchFixture.withArchive { store, folder in
            let image = try await FetchFixture.fetchOne(store)
            #expect(image.releaseLabel == "6.1.0-10-cloud-amd64")
            #expect(image.origin == "linux-image-6.1.0-10-cloud-amd64 6.1.10-1")
            #expect(image.config != nil)
            let kernel = try #require(store.catalogue().first)
            #expect(try store.image(of: kernel) == image)

            let lock = try #require(try KernelLocks(folders: store.catalogueFolders)[kernel.id])
            #expect(lock.pinned == "linux-image-6.1.0-10-cloud-amd64=6.1.10-1")
            #expect(lock.image == image.sha256)
            #expect(
                try everything(below: folder.appending("cache")).filter { $0.hasSuffix(".deb") || $0.hasSuffix(".new") }
                    == [])
        }
    }

    @Test func brokenPackageDownloadResumes() async throws {
        try await FetchFixture.withServer("drop-packages-once") { store, _, server in
            #expect(try await FetchFixture.fetchOne(store).releaseLabel == "6.1.0-10-cloud-amd64")
            let answers = try server.answers()
            #expect(answers.contains { $0.hasPrefix("206 bytes=") })
        }
    }

    @Test func packageThatDiffersFromTheSignedOneIsRejected() async throws {
        try await FetchFixture.withServer("spoil-packages") { store, folder, _ in
            let error = await #expect(throws: KernelStoreError.self) { try await FetchFixture.fetchOne(store) }
            #expect(error.map { "\($0)".contains("it differs from the archive's signed lists") } == true)
            #expect(try everything(below: folder.appending("cache/kernels")) == [])
            let left = try everything(below: folder.appending("cache/apt"))
            #expect(left.filter { $0.hasSuffix(".part") } == [])
        }
    }

    @Test func followsAPackageWithoutAKernelToTheOneThatHasIt() async throws {
        try await FetchFixture.withArchive(package: "linux-image-cloud-amd64") { store, _ in
            let image = try await FetchFixture.fetchOne(store)
            #expect(image.origin == "linux-image-6.1.0-10-cloud-amd64 6.1.10-1")
        }
    }

    @Test func takesTheLockedVersionEvenIfThereIsANewerOne() async throws {
        try await FetchFixture.withArchive(package: "linux-image-6.1.0-9-cloud-amd64") { store, folder in
            #expect(try await FetchFixture.fetchOne(store).releaseLabel == "6.1.0-9-cloud-amd64")
            try FetchFixture.writeManifest(package: FetchFixture.package, in: folder)
            let kernel = try #require(store.catalogue().first)
            var locks = try KernelLocks(folders: store.catalogueFolders)
            var older = try #require(locks[kernel.id])
            older.source = kernel.source.description
            try locks.record(older, for: kernel.id)

            #expect(try await FetchFixture.fetchOne(store).releaseLabel == "6.1.0-9-cloud-amd64")
            #expect(try await FetchFixture.fetchOne(store, refresh: true).releaseLabel == "6.1.0-10-cloud-amd64")
        }
    }

    /// A cache of an older version knew less than the lock does: a run must not edit a file that is under version control.
    @Test func existingImageKeepsTheLock() async throws {
        try await FetchFixture.withArchive { store, folder in
            _ = try await FetchFixture.fetchOne(store)
            let kernel = try #require(store.catalogue().first)
            var locks = try KernelLocks(folders: store.catalogueFolders)
            var richer = try #require(locks[kernel.id])
            richer.version = "\(richer.version ?? "")+known-only-to-the-lock"
            try locks.record(richer, for: kernel.id)
            _ = try await FetchFixture.fetchOne(store)
            #expect(try KernelLocks(folders: store.catalogueFolders)[kernel.id] == richer)
        }
    }

    @Test func changedPackageIsResolvedAgain() async throws {
        try await FetchFixture.withArchive(package: "linux-image-6.1.0-9-cloud-amd64") { store, folder in
            #expect(try await FetchFixture.fetchOne(store).releaseLabel == "6.1.0-9-cloud-amd64")
            try FetchFixture.writeManifest(package: "linux-image-6.1.0-10-*", in: folder)
            #expect(try await FetchFixture.fetchOne(store).releaseLabel == "6.1.0-10-cloud-amd64")
        }
    }

    @Test(arguments: ["package", "image"])
    func bytesThatDifferFromTheLockAreRejected(what: String) async throws {
        try await FetchFixture.withArchive { store, folder in
            let image = try await FetchFixture.fetchOne(store)
            let kernel = try #require(store.catalogue().first)
            var locks = try KernelLocks(folders: store.catalogueFolders)
            var entry = try #require(locks[kernel.id])
            if what == "image" { entry.image = String(repeating: "0", count: 64) }
            if what == "package" { entry.deb = String(repeating: "0", count: 64) }
            try locks.record(entry, for: kernel.id)
            store.cache.remove(kernel.id)

            let error = await #expect(throws: KernelStoreError.self) { try await FetchFixture.fetchOne(store) }
            let said = error.map { "\($0)" } ?? ""
            #expect(
                said.hasPrefix("the \(what) has SHA-256 ") && said.contains("kernels refresh debian-6.1"), "\(said)")
            #expect(try everything(below: folder.appending("cache/kernels")) == [])
            #expect(try await FetchFixture.fetchOne(store, refresh: true) == image)
        }
    }

    @Test func aLockedVersionThatIsGoneNamesTheNearest() async throws {
        try await FetchFixture.withArchive { store, folder in
            try write(
                #"{"debian-6.1": {"package": "linux-image-6.1.0-8-cloud-amd64", "version": "6.1.8-1", "image": "00"}}"#,
                to: folder.appending("kernels/kernels.lock.json"))
            let error = await #expect(throws: KernelStoreError.self) { try await FetchFixture.fetchOne(store) }
            let kernel = try #require(store.catalogue().first)
            let suite = AptSuite(archive: .debian, name: "test")
            #expect(
                error
                    == .lockedVersionGone(
                        kernel.id, locked: "linux-image-6.1.0-8-cloud-amd64=6.1.8-1", suite,
                        nearest: "linux-image-6.1.0-10-cloud-amd64=6.1.10-1"))
        }
    }

    @Test func unknownPackageIsReported() async throws {
        try await FetchFixture.withArchive(package: "linux-image-9.*") { store, _ in
            let suite = AptSuite(archive: .debian, name: "test")
            _ = await #expect(throws: KernelStoreError.noSuchPackage(pattern: "linux-image-9.*", suite)) {
                try await FetchFixture.fetchOne(store)
            }
        }
    }

    @Test(arguments: ["archive/dists/test/InRelease", "archive/dists/test/main/binary-amd64/Packages"])
    func archiveThatDiffersFromItsSignatureIsRejected(path: String) async throws {
        try await FetchFixture.withArchive { store, folder in
            let file = folder.appending(path)
            let bytes = try contents(of: file)
            try write(String(decoding: bytes, as: UTF8.self).replacing("amd64", with: "amd46"), to: file)
            let error = await #expect(throws: KernelStoreError.self) { try await FetchFixture.fetchOne(store) }
            guard case .suiteUnavailable = error else {
                Issue.record("\(String(describing: error))")
                return
            }
        }
    }

    @Test func packageThatDiffersFromTheSignatureIsRejected() async throws {
        try await FetchFixture.withArchive { store, folder in
            let file = folder.appending("archive/pool/linux-image-6.1.0-10-cloud-amd64_6.1.10-1_amd64.deb")
            var bytes = try contents(of: file)
            bytes[bytes.count - 10] ^= 1
            try write(bytes, to: file)
            let error = await #expect(throws: KernelStoreError.self) { try await FetchFixture.fetchOne(store) }
            guard case .downloadFailed = error else {
                Issue.record("\(String(describing: error))")
                return
            }
            #expect(try everything(below: folder.appending("cache/kernels")) == [])
        }
    }

    @Test func unavailableArchiveOnlyAffectsItsKernels() async throws {
        try await FetchFixture.withArchive { store, folder in
            try write(
                "source: {apt: {archive: debian, suite: gone, package: linux-image-5.10}}\n",
                to: folder.appending("kernels/debian-5.10.yaml"))
            try write(
                "source: {apt: {archive: ubuntu, suite: test, package: linux-image-5.4}}\n",
                to: folder.appending("kernels/ubuntu-5.4.yaml"))
            try write(bzImage("6.9.1 x"), to: folder.appending("bzImage"))
            try write("source: {file: ../bzImage}\n", to: folder.appending("kernels/local-6.9.yaml"))

            let outcomes = try await store.fetch(store.catalogue())
            let fetched = outcomes.map { "\($0.kernel.id) \((try? $0.result.get())?.releaseLabel ?? "-")" }
            #expect(
                fetched == ["ubuntu-5.4 -", "debian-5.10 -", "debian-6.1 6.1.0-10-cloud-amd64", "local-6.9 6.9.1"])
        }
    }
}
