import Manifests
import MatrixModel
import Synchronization
import SystemPackage
import TestSupport
import Testing

@testable import KernelStore

struct KernelVerifyTests {
    /// The store with one kernel of a package that holds a config.
    private func withKernel(_ body: (KernelStore, KernelManifest) async throws -> Void) async throws {
        try await withFolder { folder in
            let store = KernelStore(catalogueFolders: [folder.appending("own")], cache: folder.appending("cache"))
            let package = try debianPackage([
                Member(path: "./boot/vmlinuz-6.1", bytes: bzImage("6.1.0-9-cloud-amd64 (debian-kernel@x) #1")),
                Member(path: "./boot/config-6.1", bytes: Array("CONFIG_BPF=y\n".utf8)),
            ])
            try write(package, to: folder.appending("linux.deb"))
            try await body(store, try await store.add(file: folder.appending("linux.deb")))
        }
    }

    @Test func findsNothingWhereNothingChanged() async throws {
        try await withKernel { store, kernel async throws in
            #expect(try store.discrepancies(of: kernel) == [])
        }
    }

    @Test(arguments: ["vmlinuz", "config", "packages/own-0"]) func findsTheFileThatChanged(name: String) async throws {
        try await withKernel { store, kernel async throws in
            let file = store.cache.place(of: kernel.id).pushing(FilePath(name))
            var bytes = try contents(of: file)
            bytes[bytes.count / 2] ^= 1
            Files.remove(file)
            try write(bytes, to: file)
            let found = try #require(try store.discrepancies(of: kernel))
            #expect(found.map(\.file) == [file])
            #expect(found.allSatisfy { $0.expected != $0.found && $0.found?.count == 64 })

            for folder in Set(found.map(\.folder)) { Files.remove(folder) }
            _ = try #require(await store.fetch([kernel]).first).result.get()
            #expect(try store.discrepancies(of: kernel) == [])
        }
    }

    @Test(arguments: ["config", "packages/own-0"])
    func findsTheFileThatIsGoneAndAFetchBringsItBack(name: String) async throws {
        try await withKernel { store, kernel async throws in
            let file = store.cache.place(of: kernel.id).pushing(FilePath(name))
            let before = try contents(of: file)
            Files.remove(file)
            #expect(try store.discrepancies(of: kernel)?.map(\.description) == ["\(file) is missing"])

            _ = try #require(await store.fetch([kernel]).first).result.get()
            #expect(try contents(of: file) == before)
            #expect(try store.discrepancies(of: kernel) == [])
        }
    }

    @Test(arguments: ["config", "packages/own-0"])
    func failedAmendmentKeepsTheImage(name: String) async throws {
        try await withKernel { store, kernel async throws in
            guard case .file(let source) = kernel.source, case .file(let package) = source.location else {
                Issue.record("\(kernel.source)")
                return
            }
            Files.remove(store.cache.place(of: kernel.id).pushing(FilePath(name)))
            Files.remove(package)
            let steps = Mutex<[FetchStep]>([])
            let outcome = await store.fetch([kernel]) { _, step in steps.withLock { $0.append(step) } }
            #expect(try outcome.first?.result.get() == store.image(of: kernel))
            let reason = KernelStoreError.unreadable(file: package, errno: .noSuchFileOrDirectory)
            #expect(
                steps.withLock { $0 } == [name == "config" ? .withoutConfig(reason) : .withoutModules(reason)])
        }
    }

    /// The lock decides, regardless of the cache's own record.
    @Test func comparesAnImageWithTheLock() async throws {
        try await withKernel { store, kernel async throws in
            var locks = try KernelLocks(folders: store.catalogueFolders)
            var entry = try #require(locks.entry(for: kernel))
            let digest = entry.image
            entry.image = String(repeating: "0", count: 64)
            try locks.record(entry, for: kernel.id)
            let found = try #require(try store.discrepancies(of: kernel)?.first)
            #expect((found.expected, found.found) == (entry.image, digest))
        }
    }

    @Test func unfetchedKernelHasNoModules() async throws {
        try await withKernel { store, kernel async throws in
            let other = KernelManifest(id: kernel.id, source: .file(FileSource(.file("/elsewhere"))), file: kernel.file)
            #expect(try store.discrepancies(of: other) == nil)
            store.cache.remove(kernel.id)
            #expect(try store.discrepancies(of: kernel) == nil)
        }
    }
}
