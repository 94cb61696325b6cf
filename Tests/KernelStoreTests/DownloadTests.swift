import Manifests
import Synchronization
import SystemPackage
import TestSupport
import Testing

@testable import KernelStore

/// curl itself, against a server on the loopback that behaves well or badly.
@Suite(.timeLimit(.minutes(10))) struct DownloadTests {
    /// Large enough that half of it is on its way before a connection breaks.
    private static let content = (0..<300_000).map { UInt8(truncatingIfNeeded: $0 &* 31 ^ $0 >> 8) }
    private static let other = content.map { ~$0 }
    /// A stall is known after a second here.
    private static let limits = DownloadLimits(connect: .seconds(5), stall: .seconds(1), sizeMiB: 8)

    private struct Site {
        let server: WebServer
        let downloads: FilePath

        func download(_ behaviour: String, limits: DownloadLimits = DownloadTests.limits) throws -> Download {
            Download(address: try server.address(behaviour, "kernel"), folder: downloads, limits: limits)
        }

        func content(_ behaviour: String, limits: DownloadLimits = DownloadTests.limits) async throws -> [UInt8] {
            try await download(behaviour, limits: limits).content()
        }

        func leftovers() throws -> [String] { try everything(below: downloads) }
    }

    private func withSite(_ body: (Site) async throws -> Void) async throws {
        try await withFolder { folder in
            try write(Self.content, to: folder.appending("site/kernel"))
            try write(Self.other, to: folder.appending("site/other"))
            try await WebServer.serving(folder.appending("site")) { server in
                try await body(Site(server: server, downloads: folder.appending("cache/downloads")))
            }
        }
    }

    @Test(arguments: ["good", "to-good"]) func downloadsAFileAndRemovesItAfterUse(behaviour: String) async throws {
        try await withSite { (site: Site) async throws in
            #expect(try await site.content(behaviour) == Self.content)
            #expect(try site.leftovers() == [])
        }
    }

    @Test func brokenDownloadResumes() async throws {
        try await withSite { (site: Site) async throws in
            #expect(try await site.content("drop-once") == Self.content)
            #expect(try site.server.answers() == ["200 -", "206 bytes=150000-"])
        }
    }

    @Test func stallIsReportedAndTheNextFetchResumes() async throws {
        try await withSite { site in
            let address = try site.server.address("stall", "kernel")
            let error = await #expect(throws: KernelStoreError.self) { try await site.content("stall") }
            #expect(error == .stalled(host: address.host, seconds: 1))
            #expect(try site.leftovers().map { $0.suffix(5) } == ["aders", ".part"])
            // No more data arrives, but the request starts where the last one stopped.
            await #expect(throws: KernelStoreError.self) { try await site.content("stall") }
            #expect(try site.server.answers() == ["200 -", "206 bytes=150000-"])
        }
    }

    @Test func serverWithoutRangesSendsTheWholeFile() async throws {
        try await withSite { (site: Site) async throws in
            #expect(try await site.content("drop-no-range") == Self.content)
            #expect(try site.server.answers() == ["200 -", "200 bytes=150000-", "200 -"])
        }
    }

    @Test(arguments: ["changes", "changes-silently"])
    func changedFileIsReadAgain(behaviour: String) async throws {
        try await withSite { (site: Site) async throws in
            #expect(try await site.content(behaviour) == Self.other)
            #expect(try site.leftovers() == [])
        }
    }

    @Test func wrongLengthIsAFailure() async throws {
        try await withSite { site in
            let address = try site.server.address("promises-more", "kernel")
            let error = await #expect(throws: KernelStoreError.self) { try await site.content("promises-more") }
            guard case .brokenOff(address, received: 300_000, problem: _) = error else {
                Issue.record("\(String(describing: error))")
                return
            }
            #expect(try site.leftovers() == [], "a server that names no validator cannot be gone on with")
        }
    }

    /// What is announced is all that HTTP lets be read; that it is no whole kernel is for its reader to see.
    @Test func moreThanWasAnnouncedIsNotTaken() async throws {
        try await withSite { (site: Site) async throws in
            #expect(try await site.content("promises-less") == Array(Self.content.prefix(150_000)))
        }
    }

    @Test(arguments: ["claims-huge", "endless"]) func oversizedDownloadIsRejected(behaviour: String)
        async throws
    {
        try await withSite { site in
            let address = try site.server.address(behaviour, "kernel")
            await #expect(throws: KernelStoreError.downloadTooLarge(address, limitMiB: 8)) {
                try await site.content(behaviour)
            }
            #expect(try site.leftovers() == [])
        }
    }

    @Test(arguments: [("nowhere", 404), ("busy", 503)])
    func unusableResponseIsReported(behaviour: String, status: Int) async throws {
        try await withSite { (site: Site) async throws in
            let address = try site.server.address(behaviour, "kernel")
            await #expect(throws: KernelStoreError.answered(address, status: status)) {
                try await site.content(behaviour)
            }
            #expect(try site.leftovers() == [])
        }
    }

    @Test(arguments: ["to-file", "round"]) func unusableRedirectIsRejected(behaviour: String) async throws {
        try await withSite { (site: Site) async throws in
            let error = await #expect(throws: KernelStoreError.self) { try await site.content(behaviour) }
            guard case .badRedirect = error else {
                Issue.record("\(String(describing: error))")
                return
            }
            #expect(try site.leftovers() == [])
        }
    }

    @Test func silentServerStalls() async throws {
        try await withSite { (site: Site) async throws in
            let address = try site.server.address("silent", "kernel")
            await #expect(throws: KernelStoreError.stalled(host: address.host, seconds: 1)) {
                try await site.content("silent")
            }
            #expect(try site.leftovers() == [])
        }
    }

    /// Port 9 of the loopback: nothing listens there.
    @Test(arguments: ["http://127.0.0.1:9/x", "http://nowhere.invalid/x"])
    func unreachableServerIsReported(text: String) async throws {
        try await withFolder { folder in
            let download = Download(address: try WebAddress(text), folder: folder, limits: Self.limits)
            let error = await #expect(throws: KernelStoreError.self) { try await download.content() }
            let said = error.map { "\($0)" } ?? ""
            #expect(said.hasPrefix("cannot reach the server at \(download.address.host): "), "\(said)")
            #expect(try everything(below: folder) == [])
        }
    }

    @Test func interruptedDownloadResumes() async throws {
        try await withSite { (site: Site) async throws in
            let slow = DownloadLimits(stall: .seconds(60))
            let task = Task { try await site.content("stall", limits: slow) }
            let part = site.downloads
            while try everything(below: part).allSatisfy({
                (try? contents(of: part.appending($0)).count) ?? 0 < 100_000
            }) {
                try await Task.sleep(for: .milliseconds(20))
            }
            task.cancel()
            await #expect(throws: KernelStoreError.cancelled) { try await task.value }
            #expect(try site.leftovers().count == 2)
            await #expect(throws: KernelStoreError.self) { try await site.content("stall") }
            let answers = try site.server.answers()
            #expect(answers.count == 2 && answers.last?.hasPrefix("206 bytes=1") == true, "\(answers)")
        }
    }

    @Test func twoWhoWantTheSameBringItOnce() async throws {
        try await withSite { (site: Site) async throws in
            let shelf = Shelf()
            let both = try [site.download("good"), site.download("good")].map { download in
                Task { try await shelf.content(of: download) }
            }
            for task in both { #expect(try await task.value == Self.content) }
            #expect(try site.server.answers() == ["200 -"])
            #expect(try site.leftovers() == [])
        }
    }

    @Test func saysHowFarItIs() async throws {
        try await withSite { (site: Site) async throws in
            let said = Mutex<[Int64?]>([])
            _ = try? await site.download("stall").withFile(
                unless: { nil },
                progress: { received, total in said.withLock { $0 = [received, total] } }
            ) { _ throws(KernelStoreError) in }
            let last = said.withLock { $0 }
            #expect(last.last == 300_000)
            let received = try #require(last.first ?? nil)
            #expect(received > 100_000)
        }
    }
}

/// What a download brought, for the next who wants the same.
private final class Shelf: Sendable {
    private let bytes = Mutex<[UInt8]?>(nil)

    func content(of download: Download) async throws -> [UInt8] {
        try await download.withFile(unless: { bytes.withLock { $0 } }, progress: { _, _ in }) {
            file throws(KernelStoreError) in
            let content = try Files.readIfThere(file) ?? []
            bytes.withLock { $0 = content }
            return content
        }
    }
}

extension Download {
    fileprivate func content() async throws(KernelStoreError) -> [UInt8] {
        try await withFile(unless: { () throws(KernelStoreError) in nil }, progress: { _, _ in }) {
            file throws(KernelStoreError) in try Files.readIfThere(file) ?? []
        }
    }
}
