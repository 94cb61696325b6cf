import FoundationEssentials
import Manifests
import MatrixModel
import Synchronization
import SystemPackage
import TestSupport
import Testing

@testable import KernelStore

/// Kernels whose config is in another package than their image.
struct ConfigFetchTests {
    private static let ubuntu = "linux-image-5.4.0-7-generic"
    private static let debian = "linux-binary-7.3.4-cloud-amd64"
    private static let without = "linux-image-4.19.0-1-amd64"

    /// Fetches the only kernel, and tells why it came without its config where it did.
    private func fetch(
        _ store: KernelStore, refresh: Bool = false
    ) async throws -> (image: KernelImage, problem: KernelStoreError?, downloads: [String]) {
        let steps = Mutex<[FetchStep]>([])
        let outcomes = try await store.fetch(store.catalogue(), refresh: refresh) { _, step in
            steps.withLock { $0.append(step) }
        }
        var problem: KernelStoreError?
        var downloads: [String] = []
        for step in steps.withLock({ $0 }) {
            if case .withoutConfig(let error) = step { problem = error }
            if case .downloading(let package) = step { downloads.append(package) }
        }
        return (try #require(outcomes.first).result.get(), problem, downloads)
    }

    private func config(of image: KernelImage) throws -> String? {
        try image.config.map { String(decoding: try contents(of: $0), as: UTF8.self) }
    }

    private func lock(_ store: KernelStore) throws -> LockedKernel {
        let kernel = try #require(store.catalogue().first)
        return try #require(try KernelLocks(folders: store.catalogueFolders)[kernel.id])
    }

    private func change(_ store: KernelStore, _ edit: (inout LockedKernel) -> Void) throws {
        var locks = try KernelLocks(folders: store.catalogueFolders)
        let id = try #require(store.catalogue().first).id
        var entry = try #require(locks[id])
        edit(&entry)
        try locks.record(entry, for: id)
    }

    /// Leaves the cache as it was before configs were looked for elsewhere.
    private func forgetConfig(_ store: KernelStore) throws {
        let id = try #require(store.catalogue().first).id
        var record = try #require(try store.cache.readRecord(of: id))
        record.lock.config = nil
        record.isSearchedForConfig = nil
        record.configDigest = nil
        try store.cache.write(record, of: id)
        Files.remove(store.cache.place(of: id).appending("config"))
    }

    @Test(arguments: [
        (ubuntu, "linux-modules-5.4.0-7-generic=5.4.0-7.9", "CONFIG_BPF=y\nCONFIG_HZ=250\n"),
        (debian, "linux-base-7.3.4-cloud-amd64=7.3.4-1", "CONFIG_BPF=y\nCONFIG_HZ=100\n"),
    ])
    func takesTheConfigFromARelatedPackageAndLocksIt(
        package: String, companion: String, text: String
    ) async throws {
        try await FetchFixture.withArchive(package: package) { store, _ in
            let (image, problem, _) = try await fetch(store)
            #expect(try config(of: image) == text)
            #expect(problem == nil)
            #expect(image.origin.hasPrefix("\(package) "))
            #expect(try lock(store).config?.pinned == companion)

            let again = try await fetch(store)
            #expect(again.image == image)
            #expect(again.downloads == [])
        }
    }

    @Test func missingConfigIsSearchedOnce() async throws {
        try await FetchFixture.withArchive(package: Self.without) { store, _ in
            let (image, problem, _) = try await fetch(store)
            #expect(image.config == nil)
            #expect(problem == .noConfig(package: "\(Self.without)=4.19.1-1"))
            #expect(try lock(store).config == nil)

            let again = try await fetch(store)
            #expect(again.image == image)
            #expect(again.problem == nil)
            #expect(try await fetch(store, refresh: true).problem == problem)
        }
    }

    @Test func oldImageIsCompletedWithoutDownload() async throws {
        try await FetchFixture.withArchive(package: Self.ubuntu) { store, _ in
            let image = try await fetch(store).image
            try forgetConfig(store)
            try change(store) { $0.config = nil }
            let kernel = try #require(store.catalogue().first)
            #expect(try store.image(of: kernel)?.config == nil)

            let completed = try await fetch(store)
            #expect(completed.image == image)
            #expect(completed.downloads.allSatisfy { $0.hasPrefix("linux-modules-") })
            #expect(try lock(store).config != nil)
        }
    }

    @Test func oldImageStaysUsableWithoutTheArchive() async throws {
        try await FetchFixture.withArchive(package: Self.ubuntu) { store, folder in
            let image = try await fetch(store).image
            let locked = try lock(store)
            try forgetConfig(store)
            Files.remove(folder.appending("archive/dists"))

            let offline = try await fetch(store)
            #expect(offline.image.path == image.path)
            #expect(offline.image.config == nil)
            guard case .suiteUnavailable = offline.problem else {
                Issue.record("\(String(describing: offline.problem))")
                return
            }
            #expect(try lock(store) == locked)
        }
    }

    @Test func configThatDiffersFromTheLockIsRejected() async throws {
        try await FetchFixture.withArchive(package: Self.debian) { store, _ in
            let image = try await fetch(store).image
            let other = String(repeating: "0", count: 64)
            let locked = try #require(try lock(store).config)
            try change(store) { $0.config?.deb = other }

            let (refused, problem, _) = try await fetch(store)
            #expect(refused.config == nil)
            #expect(
                problem
                    == .differsFromLock(
                        image.id, what: "package \(locked.package)", locked: other, found: locked.deb))
            #expect(try lock(store).config?.deb == other)

            #expect(try await fetch(store, refresh: true).image == image)
            #expect(try lock(store).config == locked)
        }
    }

    @Test func aLockedConfigThatIsGoneNamesTheNearest() async throws {
        try await FetchFixture.withArchive(package: Self.debian) { store, _ in
            let image = try await fetch(store).image
            try change(store) { $0.config?.version = "7.3.4-0" }
            store.cache.remove(image.id)

            let (found, problem, _) = try await fetch(store)
            #expect(found.sha256 == image.sha256)
            #expect(found.config == nil)
            let name = "linux-base-7.3.4-cloud-amd64"
            #expect(
                problem
                    == .lockedVersionGone(
                        image.id, locked: "\(name)=7.3.4-0", AptSuite(archive: .debian, name: "test"),
                        nearest: "\(name)=7.3.4-2"))
        }
    }
}
