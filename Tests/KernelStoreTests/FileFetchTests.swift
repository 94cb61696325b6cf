import Manifests
import MatrixModel
import Synchronization
import SystemPackage
import TestSupport
import Testing

@testable import KernelStore

/// Kernels that lie on a web server or in a file, from the manifest to the cache.
@Suite(.timeLimit(.minutes(10))) struct FileFetchTests {
    private static let banner = "6.9.1-test (somebody@here) #1 SMP"
    private static let other = "6.9.2-test (somebody@here) #1 SMP"

    private struct Site {
        let folder: FilePath
        let server: WebServer
        let store: KernelStore

        func manifest(_ source: String, id: String = "local-6.9") throws {
            try write("source: {\(source)}\n", to: folder.appending("kernels/\(id).yaml"))
        }

        func url(_ behaviour: String, _ path: String = "kernel") throws -> String {
            "'\(try server.address(behaviour, path))'"
        }

        func kernel() throws -> KernelManifest { try #require(store.catalogue().first) }
        func lock() throws -> LockedKernel? { try KernelLocks(folders: store.catalogueFolders)[kernel().id] }

        func fetch(refresh: Bool = false) async throws -> KernelImage {
            try #require(await store.fetch(store.catalogue(), refresh: refresh).first).result.get()
        }

        func leftovers() throws -> [String] {
            try ["cache/kernels", "cache/downloads"].flatMap { try everything(below: folder.appending($0)) }
        }
    }

    private func withSite(_ body: (Site) async throws -> Void) async throws {
        try await withFolder { folder in
            try write(bzImage(Self.banner), to: folder.appending("site/kernel"))
            try write(bzImage(Self.other), to: folder.appending("site/other"))
            try write("CONFIG_BPF=y\n", to: folder.appending("site/config"))
            let tools = SourceTools(
                limits: DownloadLimits(connect: .seconds(5), stall: .seconds(1), sizeMiB: 8),
                vendorKeys: folder.appending("keys"))
            let store = KernelStore(
                catalogueFolders: [folder.appending("kernels")], cache: folder.appending("cache"), tools: tools
            ) { archive throws(KernelStoreError) in
                throw .mirrorUnknown(archive, variable: archive.mirrorVariable, package: "x")
            }
            try await WebServer.serving(folder.appending("site")) { server in
                try await body(Site(folder: folder, server: server, store: store))
            }
        }
    }

    @Test func aKernelOfAServerIsLockedByItsDigest() async throws {
        try await withSite { site in
            try site.manifest("url: \(site.url("good")), config: \(site.url("good", "config"))")
            let image = try await site.fetch()
            #expect(image.releaseLabel == "6.9.1-test")
            #expect(image.origin == (try site.server.address("good", "kernel").description))
            #expect(try image.config.map { try contents(of: $0) } == Array("CONFIG_BPF=y\n".utf8))
            let lock = try #require(try site.lock())
            #expect(lock.files?.count == 2)
            #expect(lock.files?.first?.source == "url \(image.origin)")
            #expect(lock.source == (try site.kernel().source.description))
            #expect(try everything(below: site.folder.appending("cache/downloads")) == [])

            let kernel = try site.kernel()
            #expect(try site.store.image(of: kernel) == image)
            let answers = try site.server.answers().count
            _ = try await site.fetch()
            #expect(try site.server.answers().count == answers)
        }
    }

    @Test func otherBytesThanTheLockedAreRefusedUntilRefreshed() async throws {
        try await withSite { site in
            try site.manifest("url: \(site.url("good"))")
            let before = try await site.fetch()
            site.store.cache.remove(before.id)
            try write(bzImage(Self.other), to: site.folder.appending("site/kernel"))
            let error = await #expect(throws: KernelStoreError.self) { try await site.fetch() }
            guard case .differsFromLock = error else {
                Issue.record("\(String(describing: error))")
                return
            }
            #expect(try site.leftovers() == [])
            let kernel = try site.kernel()
            // The lock is this machine's own business: the next run is to look again.
            #expect(site.store.lastFailure(of: kernel) == nil)

            let outcome = try #require(await site.store.refresh([kernel]).first)
            let refreshed = try outcome.result.get()
            #expect(refreshed.isChanged)
            #expect(refreshed.image.releaseLabel == "6.9.2-test")
            #expect(outcome.old != refreshed.new)
            #expect(site.store.lastFailure(of: kernel) == nil)
            let again = try #require(await site.store.refresh([kernel]).first)
            #expect(try !again.result.get().isChanged)
        }
    }

    @Test(arguments: ["stall", "nowhere", "promises-more", "promises-less", "to-file", "endless"])
    func failedFetchHasOneReasonAndLeavesNothing(behaviour: String) async throws {
        try await withSite { site in
            try site.manifest("url: \(site.url(behaviour))")
            let error = await #expect(throws: KernelStoreError.self) { try await site.fetch() }
            let said = error.map { "\($0)" } ?? ""
            #expect(!said.isEmpty && !said.contains("\n"), "\(said)")
            #expect(site.store.lastFailure(of: try site.kernel())?.reason == said)
            #expect(try everything(below: site.folder.appending("cache/kernels")) == [])
            #expect(try site.lock() == nil)
        }
    }

    @Test func twoFetchesOfOneKernelBringItOnce() async throws {
        try await withSite { site in
            try site.manifest("url: \(site.url("good"))")
            let kernel = try site.kernel()
            let store = site.store
            async let first = store.fetch([kernel])
            async let second = store.fetch([kernel])
            let images = try await (first + second).map { try $0.result.get() }
            #expect(images.count == 2 && images.first == images.last)
            #expect(try site.server.answers() == ["200 -"])
        }
    }

    /// It replaces the config in the kernel's own file, so its digest must not be checked against that file.
    @Test func ownConfigIsVerified() async throws {
        try await withSite { site in
            let package = try debianPackage([
                Member(path: "./boot/vmlinuz-6.9.1-test", bytes: bzImage(Self.banner)),
                Member(path: "./boot/config-6.9.1-test", bytes: Array("CONFIG_HZ=250\n".utf8)),
            ])
            try write(package, to: site.folder.appending("site/kernel"))
            try site.manifest("url: \(site.url("good")), config: \(site.url("good", "config"))")
            let image = try await site.fetch()
            #expect(try image.config.map { try contents(of: $0) } == Array("CONFIG_BPF=y\n".utf8))
            #expect(try site.store.discrepancies(of: site.kernel()) == [])
        }
    }

    /// A server that does not answer must not cost every run the time of finding that out.
    @Test func recentFailureIsOnlyRetriedOnRequest() async throws {
        try await withSite { site in
            try site.manifest("url: \(site.url("nowhere"))")
            let kernel = try site.kernel()
            let first = await site.store.fetch([kernel])
            let asked = try site.server.answers().count
            let spared = await site.store.fetch([kernel], patience: .seconds(3600))
            #expect(try site.server.answers().count == asked)
            let reason = try #require(site.store.lastFailure(of: kernel)?.reason)
            #expect(first.map(\.result.failure) == [reason])
            #expect(
                spared.map(\.result.failure) == [
                    "\(reason) (just now; retry with 'compat-matrix kernels fetch \(kernel.id)')"
                ])
            _ = await site.store.fetch([kernel])
            #expect(try site.server.answers().count > asked)
        }
    }

    @Test func unavailableConfigFailsTheFetch() async throws {
        try await withSite { site in
            try site.manifest("url: \(site.url("good")), config: \(site.url("nowhere", "config"))")
            let address = try site.server.address("nowhere", "config")
            await #expect(throws: KernelStoreError.answered(address, status: 404)) { try await site.fetch() }
            #expect(try site.leftovers() == [])
        }
    }

    @Test func aSignedPackageNamesItsSignerInTheLock() async throws {
        try await withSite { site in
            let fixture = SigningFixture(folder: site.folder)
            try await fixture.makeKey("Vendor")
            let package = try await fixture.package(content: bzImage(Self.banner))
            try await fixture.sign(package, by: "Vendor")
            try write(try contents(of: package), to: site.folder.appending("site/kernel"))
            try site.manifest("url: \(site.url("good"))")
            let said = Mutex<[FetchStep]>([])
            let outcome = await site.store.fetch([try site.kernel()]) { _, step in said.withLock { $0.append(step) } }
            #expect(try #require(outcome.first).result.get().releaseLabel == "6.9.1-test")
            let signer = try #require(try site.lock()?.files?.first?.signedBy)
            #expect(signer.hasPrefix("Vendor <x@invalid>, key "))
            #expect(said.withLock { $0.contains(.checked(.signed(by: signer), file: "kernel")) })
        }
    }

    @Test func addTakesAURLAndWritesItsManifest() async throws {
        try await withSite { site in
            let source = FileSource(
                .url(try site.server.address("good", "kernel")), config: .url(try site.server.address("good", "config"))
            )
            let added = try await site.store.add(source)
            #expect(added.id.text == "local-6.9")
            #expect(try site.kernel() == added)
            #expect(try site.store.image(of: added)?.config != nil)
            #expect(try site.lock()?.files?.count == 2)
        }
    }

    @Test(arguments: [
        ("page", Array("<html>no</html>".utf8), FileLook.webPage), ("text", Array("hello\n".utf8), .text),
        ("empty", [], .empty), ("bytes", [0x00, 0xFF, 0x00, 0x80], .unknown),
        ("kernel", bzImage("6.9.1-test x"), nil),
    ])
    func invalidConfigIsRejected(name: String, bytes: [UInt8], look: FileLook?) async throws {
        try await withSite { site in
            let config = site.folder.appending(name)
            try write(bytes, to: config)
            let source = FileSource(.file(site.folder.appending("site/kernel")), config: .file(config))
            await #expect(throws: KernelStoreError.notAConfig(file: config.string, looks: look)) {
                try await site.store.add(source)
            }
            #expect(try site.leftovers() == [])
        }
    }

    @Test func folderIsNotAConfig() async throws {
        try await withSite { site in
            let folder = site.folder.appending("site")
            let source = FileSource(.file(folder.appending("kernel")), config: .file(folder))
            let error = await #expect(throws: KernelStoreError.self) { try await site.store.add(source) }
            #expect(error == .notAConfig(file: folder.string, looks: .anyFolder))
            #expect(
                error.map { "\($0)" }
                    == "\(folder): neither a kernel config nor a package that contains one, but a directory")
        }
    }

    @Test func downloadedNonKernelIsReportedByItsURL() async throws {
        try await withSite { site in
            try write("<html>no</html>", to: site.folder.appending("site/kernel"))
            let address = try site.server.address("good", "kernel")
            let steps = Mutex<[FetchStep]>([])
            let error = await #expect(throws: KernelStoreError.self) {
                try await site.store.add(FileSource(.url(address))) { step in steps.withLock { $0.append(step) } }
            }
            let said = error.map { "\($0)" } ?? ""
            #expect(said.hasPrefix("\(address): not a kernel, but a web page"), "\(said)")
            #expect(
                steps.withLock { $0 }.allSatisfy { step in
                    if case .checked = step { false } else { true }
                })
            #expect(try site.leftovers() == [])
        }
    }

    @Test func unwritableCacheIsReported() async throws {
        try await withSite { site in
            try write("no folder", to: site.folder.appending("cache"))
            try site.manifest("url: \(site.url("good"))")
            let error = await #expect(throws: KernelStoreError.self) { try await site.fetch() }
            #expect(error.map { "\($0)".contains("cannot write") } == true, "\(String(describing: error))")
        }
    }
}

extension Result where Failure == KernelStoreError {
    /// What was said; `nil` for a success.
    fileprivate var failure: String? {
        if case .failure(let error) = self { "\(error)" } else { nil }
    }
}
