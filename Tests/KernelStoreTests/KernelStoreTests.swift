import FoundationEssentials
import Manifests
import MatrixModel
import SystemPackage
import TestSupport
import Testing

@testable import KernelStore

struct KernelStoreTests {
    private let debian = "6.1.0-9-cloud-amd64 (debian-kernel@x) #1"

    private func store(in folder: FilePath) -> KernelStore {
        KernelStore(
            catalogueFolders: [folder.appending("defaults"), folder.appending("own")], cache: folder.appending("cache"))
    }

    /// Each has read the lock before the others write to it.
    @Test func concurrentAddsAreAllLocked() async throws {
        try await withFolder { folder in
            try write(bzImage("6.1.0-test (me@here) #1"), to: folder.appending("vmlinuz"))
            let file = folder.appending("vmlinuz")
            let stores = (0..<4).map { _ in
                KernelStore(catalogueFolders: [folder.appending("own")], cache: folder.appending("cache"))
            }
            let ids = (0..<4).compactMap { KernelID("mine-6.\($0)") }
            try await withThrowingTaskGroup(of: Void.self) { group in
                for (store, id) in zip(stores, ids) { group.addTask { _ = try await store.add(file: file, id: id) } }
                try await group.waitForAll()
            }
            let locks = try KernelLocks(folders: [folder.appending("own")])
            #expect(ids.allSatisfy { locks[$0] != nil })
        }
    }

    @Test func secondAddOfTheSameKernelIsRejected() async throws {
        try await withFolder { folder in
            try write(bzImage("6.1.0-test (me@here) #1"), to: folder.appending("vmlinuz"))
            let store = KernelStore(catalogueFolders: [folder.appending("own")], cache: folder.appending("cache"))
            let file = folder.appending("vmlinuz")
            let id = try #require(KernelID("mine-6.1"))
            async let first = Result { () async throws in try await store.add(file: file, id: id) }
            async let second = Result { () async throws in try await store.add(file: file, id: id) }
            let outcomes = await [first, second]
            #expect(outcomes.filter { (try? $0.get()) != nil }.count == 1)
            #expect(try store.image(of: #require(try store.catalogue().first)) != nil)
        }
    }

    /// A name is what its owner likes it to be.
    @Test(arguments: ["a # b: c", "with \"quotes\" and \\", "line\nbreak\ttab"])
    func theManifestNamesTheFileAsItIs(name: String) async throws {
        try await withFolder { folder in
            let file = folder.appending(name)
            try write(bzImage("6.1.0-test (me@here) #1"), to: file)
            let store = KernelStore(catalogueFolders: [folder.appending("own")], cache: folder.appending("cache"))
            let added = try await store.add(file: file)
            #expect(try store.catalogue().map(\.source) == [.file(FileSource(.file(file)))])
            #expect(try store.image(of: added) != nil)
        }
    }

    @Test func listsOldestFirstAndALaterFolderWins() async throws {
        try await withFolder { folder in
            for name in ["defaults/debian-6.12", "defaults/debian-6.1", "defaults/ubuntu-5.4", "own/debian-6.1"] {
                try write("source: {file: x}\n", to: folder.appending("\(name).yaml"))
            }
            try write("not a manifest", to: folder.appending("defaults/README.md"))
            let kernels = try store(in: folder).catalogue()
            #expect(kernels.map(\.id.text) == ["ubuntu-5.4", "debian-6.1", "debian-6.12"])
            #expect(kernels[1].file == folder.appending("own/debian-6.1.yaml"))
        }
    }

    @Test func invalidManifestIsReported() async throws {
        try await withFolder { folder in
            try write("source: {flie: x}\n", to: folder.appending("own/debian-6.1.yaml"))
            #expect(throws: ManifestError.self) { try store(in: folder).catalogue() }
        }
    }

    @Test(arguments: [("vmlinuz: a \"kernel\" #1", false), ("linux.deb", true)])
    func addsAKernelThatCanBeFetchedAgain(name: String, isPackage: Bool) async throws {
        try await withFolder { folder in
            let store = store(in: folder)
            let image = bzImage(debian)
            let file = folder.appending(name)
            try write(isPackage ? debianPackage([Member(path: "./boot/vmlinuz-6.1", bytes: image)]) : image, to: file)

            let added = try await store.add(file: file)
            #expect(added.id.text == "debian-6.1")
            #expect(try store.catalogue() == [added])
            let here = try #require(try store.image(of: added))
            #expect(try contents(of: here.path) == image)
            #expect(here.origin == file.string)

            store.cache.remove(added.id)
            #expect(try store.image(of: added) == nil)
            let fetched = try await store.fetch([added]).first?.result.get()
            #expect(fetched == here)

            try store.remove(added.id)
            #expect(try store.catalogue() == [])
            #expect(try everything(below: folder.appending("cache/kernels")) == [])
            #expect(try KernelLocks(folders: store.catalogueFolders)[added.id] == nil)
        }
    }

    @Test func takenIdIsRejected() async throws {
        try await withFolder { folder in
            let store = store(in: folder)
            let file = folder.appending("bzImage")
            try write(bzImage(debian), to: file)
            let first = try await store.add(file: file)
            await #expect(throws: KernelStoreError.idTaken(first.id, by: first.file)) {
                try await store.add(file: file)
            }
            await #expect(throws: KernelStoreError.idTaken(first.id, by: first.file)) {
                try await store.add(file: file, id: first.id)
            }
            #expect(try await store.add(file: file, id: KernelID("mine-6.1")).id.text == "mine-6.1")
        }
    }

    @Test func imageWithoutReleaseNeedsAnId() async throws {
        try await withFolder { folder in
            let file = folder.appending("bzImage")
            try write(bzImage("no release here"), to: file)
            await #expect(throws: KernelStoreError.idUnguessable(file: file, release: "no")) {
                try await store(in: folder).add(file: file)
            }
        }
    }

    @Test func rejectedFileLeavesNothing() async throws {
        try await withFolder { folder in
            let file = folder.appending("broken")
            let whole = try debianPackage(
                [Member(path: "./boot/vmlinuz-6.1", bytes: bzImage(debian))], compression: .none)
            let broken: [[UInt8]] = [
                Array(whole.dropLast(3000)), try debianPackage([]), Array("text".utf8), bzImage(debian).dropLast(),
            ]
            for bytes in broken {
                try write(bytes, to: file)
                let id = try #require(KernelID("mine-6.1"))
                await #expect(throws: KernelStoreError.self) { try await store(in: folder).add(file: file, id: id) }
                #expect(try everything(below: folder.appending("cache/kernels")) == [])
                #expect(try everything(below: folder.appending("own")) == [])
            }
        }
    }

    @Test func otherImageCountsAsMissing() async throws {
        try await withFolder { folder in
            let store = store(in: folder)
            try write(bzImage(debian), to: folder.appending("bzImage"))
            let kernel = try await store.add(file: folder.appending("bzImage"))
            let image = try #require(try store.image(of: kernel))

            let elsewhere = KernelManifest(id: kernel.id, source: .file(FileSource(.file("/other"))), file: kernel.file)
            #expect(try store.image(of: elsewhere) == nil)

            var locks = try KernelLocks(folders: store.catalogueFolders)
            var lock = try #require(locks[kernel.id])
            lock.image = "00"
            try locks.record(lock, for: kernel.id)
            #expect(try store.image(of: kernel) == nil)
            lock.image = image.sha256
            try locks.record(lock, for: kernel.id)
            #expect(try store.image(of: kernel) == image)

            try write(bzImage(debian).dropLast(), to: image.path)
            #expect(try store.image(of: kernel) == nil)
        }
    }

    @Test func changedFileIsRejectedUntilRefresh() async throws {
        try await withFolder { folder in
            let store = store(in: folder)
            let file = folder.appending("bzImage")
            try write(bzImage(debian), to: file)
            let kernel = try await store.add(file: file)
            store.cache.remove(kernel.id)
            try write(bzImage(debian + "2"), to: file)

            let refused = try #require(await store.fetch([kernel]).first)
            #expect(throws: KernelStoreError.self) { try refused.result.get() }
            #expect(try everything(below: folder.appending("cache/kernels")) == [])
            let refreshed = try #require(await store.fetch([kernel], refresh: true).first)
            let image = try store.image(of: kernel)
            #expect(try refreshed.result.get() == image)
        }
    }

    @Test func invalidLockIsReported() async throws {
        try await withFolder { folder in
            let file = folder.appending("own/kernels.lock.json")
            try write("{\"debian-6.1\": 3}", to: file)
            try write("source: {file: x}\n", to: folder.appending("own/debian-6.1.yaml"))
            let store = store(in: folder)
            let error = #expect(throws: KernelStoreError.self) {
                try store.image(of: #require(store.catalogue().first))
            }
            #expect(error.map { "\($0)".hasPrefix("\(file): not a kernel lock: ") } == true)
        }
    }

    @Test func theLockIsSortedAndEndsInANewline() async throws {
        try await withFolder { folder in
            try Files.makeFolder(folder.appending("own"))
            var locks = try KernelLocks(folders: [folder.appending("own")])
            for id in ["debian-6.1", "a-5.4"] {
                try locks.record(LockedKernel(package: "p", version: "1", image: "00"), for: #require(KernelID(id)))
            }
            let bytes = try contents(of: folder.appending("own/kernels.lock.json"))
            #expect(
                String(decoding: bytes, as: UTF8.self) == """
                    {
                      "a-5.4" : {
                        "image" : "00",
                        "package" : "p",
                        "version" : "1"
                      },
                      "debian-6.1" : {
                        "image" : "00",
                        "package" : "p",
                        "version" : "1"
                      }
                    }

                    """)
        }
    }

    @Test func whatAKilledProcessLeftIsCleared() async throws {
        try await withFolder { folder in
            let left = folder.appending("cache/kernels/.work.4194999-1a2b.new/vmlinuz")
            try write("half", to: left)
            try write(bzImage(debian), to: folder.appending("bzImage"))
            _ = try await store(in: folder).add(file: folder.appending("bzImage"))
            #expect(try everything(below: folder.appending("cache/kernels")).allSatisfy { $0.hasPrefix("debian-6.1") })
        }
    }
}

extension KernelStore {
    /// Adds a file of this machine.
    func add(file: FilePath, id: KernelID? = nil) async throws -> KernelManifest {
        try await add(FileSource(.file(file)), id: id)
    }
}

extension Result where Failure == any Error {
    fileprivate init(_ body: () async throws -> Success) async {
        do { self = .success(try await body()) } catch { self = .failure(error) }
    }
}
