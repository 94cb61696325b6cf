import Foundation
import Machine
import SystemPackage
import Testing

@testable import QEMUBackend

struct SnapshotStoreTests {
    private func key(_ spec: GuestSpec, accelerator: Accelerator = .tcg, qemu: String = "10.0.2 /usr/bin/qemu 1 2")
        -> String
    {
        SnapshotStore.key(spec, accelerator: accelerator, qemu: qemu)
    }

    private static func sample(_ change: (inout GuestSpec) -> Void) -> GuestSpec {
        var spec = GuestSpec.sample
        change(&spec)
        return spec
    }

    @Test(arguments: [
        ("kernel", sample { $0.kernel = "/cache/other" }),
        ("kernel's content", sample { $0.kernelDigest = "ab" }),
        ("initramfs", sample { $0.initramfs = "/cache/other.cpio" }),
        ("initramfs' content", sample { $0.initramfsDigest = "bc" }),
        ("command line", sample { $0.extraArguments = "debug" }),
        ("memory", sample { $0.memoryMiB = 256 }),
    ])
    func whatShapesASnapshotShapesItsKey(what: String, changed: GuestSpec) {
        #expect(key(changed) != key(.sample), "\(what)")
    }

    @Test func theHostShapesTheKeyToo() {
        #expect(key(.sample) == key(.sample))
        #expect(key(.sample, qemu: "10.0.3 /usr/bin/qemu 1 2") != key(.sample))
        #expect(key(.sample, qemu: "10.0.2 /usr/bin/qemu 1 3") != key(.sample))
        #expect(key(.sample, accelerator: .kvm) != key(.sample))
    }

    private struct DiskFull: Error {}

    @Test func aSnapshotIsThereWholeOrNotAtAll() async throws {
        try await withFolder { folder in
            let store = SnapshotStore(folder: folder.appending("snapshots"))
            #expect(store.find(.sample, key: "k") == nil)
            await #expect(throws: DiskFull.self) {
                try await store.save(.sample, key: "k") { path in
                    try write("half of it", to: path)
                    throw DiskFull()
                }
            }
            #expect(store.find(.sample, key: "k") == nil)
            #expect(try FileManager.default.contentsOfDirectory(atPath: store.folder.string) == [])

            try await store.save(.sample, key: "k") { try write("all of it", to: $0) }
            let path = try #require(store.find(.sample, key: "k"))
            #expect(try String(contentsOfFile: path.string, encoding: .utf8) == "all of it")
            store.discard(.sample, key: "k")
            #expect(store.find(.sample, key: "k") == nil)
        }
    }

    @Test func aNewSnapshotReplacesTheOlderOfItsKernelOnly() async throws {
        try await withFolder { folder in
            let store = SnapshotStore(folder: folder)
            let newer = Self.sample { $0.kernelID = "debian-6.12" }
            let larger = Self.sample { $0.memoryMiB = 2048 }
            for spec in [.sample, newer, larger] { try await store.save(spec, key: "old") { try write("", to: $0) } }
            try await store.save(.sample, key: "new") { try write("", to: $0) }
            #expect(store.find(.sample, key: "old") == nil)
            #expect(store.find(.sample, key: "new") != nil)
            #expect(store.find(newer, key: "old") != nil)
            #expect(store.find(larger, key: "old") != nil)
        }
    }
}
