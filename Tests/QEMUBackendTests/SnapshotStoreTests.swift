import Foundation
import Machine
import SystemPackage
import TestSupport
import Testing

@testable import QEMUBackend

private let longAgo = Date(timeIntervalSince1970: 1)

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
        ("kernel's content", sample { $0.kernelDigest = "ab" }),
        ("initramfs' content", sample { $0.initramfsDigest = "bc" }),
        ("command line", sample { $0.extraArguments = "debug" }),
        ("memory", sample { $0.memoryMiB = 256 }),
    ])
    func whatShapesASnapshotShapesItsKey(what: String, changed: GuestSpec) {
        #expect(key(changed) != key(.sample), "\(what)")
    }

    @Test(arguments: [
        sample { $0.kernel = "/elsewhere/vmlinuz" }, sample { $0.initramfs = "/elsewhere/guest.cpio" },
    ])
    func filesCountByTheirContentAlone(moved: GuestSpec) {
        #expect(key(moved) == key(.sample))
    }

    @Test func theHostShapesTheKeyToo() {
        #expect(key(.sample) == key(.sample))
        #expect(key(.sample, qemu: "10.0.3 /usr/bin/qemu 1 2") != key(.sample))
        #expect(key(.sample, qemu: "10.0.2 /usr/bin/qemu 1 3") != key(.sample))
        #expect(key(.sample, accelerator: .kvm) != key(.sample))
    }

    private struct DiskFull: Error {}

    @Test func snapshotIsWrittenAtomically() async throws {
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

    /// Pages of a snapshot with a hole before them, as QEMU's part follows the memory.
    private static func content(_ text: String) -> Data { Data(count: 3 << 20) + Data(text.utf8) }

    /// - Returns: The store, its snapshot for `key`, and that of another kernel with the same key.
    private func twoSnapshots(in folder: FilePath) async throws -> (SnapshotStore, FilePath, FilePath) {
        let store = SnapshotStore(folder: folder)
        let other = Self.sample { $0.kernelID = "debian-6.12" }
        try await store.save(.sample, key: "k") { try Self.content("one").write(to: URL(filePath: $0.string)) }
        try await store.save(other, key: "l") { try Self.content("two").write(to: URL(filePath: $0.string)) }
        return (store, try #require(store.find(.sample, key: "k")), try #require(store.find(other, key: "l")))
    }

    @Test(arguments: ["flipped", "cut", "emptied", "longer", "zeroed", "another", "another, renamed"])
    func aChangedSnapshotIsNotUsed(how: String) async throws {
        try await withFolder { folder in
            let (store, path, other) = try await twoSnapshots(in: folder)
            var content = try Data(contentsOf: URL(filePath: path.string))
            switch how {
            case "flipped": content[content.count - 2] ^= 4
            case "cut": content.removeLast()
            case "emptied": content = Data()
            case "longer": content.append(0)
            case "zeroed": content = Data(count: content.count)
            default: content = try Data(contentsOf: URL(filePath: other.string))
            }
            try content.write(to: URL(filePath: path.string))
            if how == "another, renamed" {
                // The digest in its name is right for its content, but not for this key.
                let digest = try #require(other.stem?.split(separator: "-").last)
                let name = try #require(
                    path.stem?.split(separator: "-", omittingEmptySubsequences: false).dropLast().joined(separator: "-")
                )
                try FileManager.default.moveItem(
                    atPath: path.string, toPath: folder.appending("\(name)-\(digest).snapshot").string)
            }
            #expect(store.find(.sample, key: "k") == nil)
            // It is gone, and only it.
            #expect(try FileManager.default.contentsOfDirectory(atPath: folder.string) == [other.lastComponent?.string])
        }
    }

    @Test func aSnapshotWritableByOthersIsNotUsed() async throws {
        try await withFolder { folder in
            let (store, path, other) = try await twoSnapshots(in: folder)
            #expect(chmod(path.string, 0o664) == 0)
            #expect(store.find(.sample, key: "k") == nil)
            #expect(try FileManager.default.contentsOfDirectory(atPath: folder.string) == [other.lastComponent?.string])
        }
    }

    /// Which zeros are holes depends on the file system, and copying a snapshot may fill them.
    @Test func holesDoNotCount() async throws {
        try await withFolder { folder in
            let (dense, sparse) = (folder.appending("dense"), folder.appending("sparse"))
            try Self.content("x").write(to: URL(filePath: dense.string))
            try write("", to: sparse)
            #expect(truncate(sparse.string, 3 << 20) == 0)
            let file = try FileDescriptor.open(sparse, .writeOnly, options: .append)
            try file.closeAfter { _ = try file.writeAll("x".utf8) }
            #expect(SnapshotDigest.of(dense, key: "k") == SnapshotDigest.of(sparse, key: "k"))
            #expect(SnapshotDigest.of(dense, key: "l") != SnapshotDigest.of(sparse, key: "k"))
        }
    }

    /// As long as there are few: those that were used last.
    @Test func snapshotsOfSeveralSetsOfLoadersAreKept() async throws {
        try await withFolder { folder in
            let store = SnapshotStore(folder: folder)
            let specs = [["libbpf"], ["libbpf", "aya"], ["cilium", "libbpf"], ["libbpf", "aya", "cilium"]].map {
                loaders in
                Self.sample { $0.loaders = Set(loaders) }
            }
            let save = { (spec: GuestSpec, key: String) in
                try await store.save(spec, key: key) { try write("", to: $0) }
            }
            for spec in specs.prefix(3) { try await save(spec, "k") }
            #expect(specs.prefix(3).allSatisfy { store.find($0, key: "k") != nil })
            // A set of its own, though its name begins like another.
            try await save(specs[0], "new")
            #expect(store.find(specs[0], key: "k") == nil)
            #expect(store.find(specs[1], key: "k") != nil)
            // The third has not been used since, and all times differ.
            try FileManager.default.setAttributes(
                [.modificationDate: longAgo],
                ofItemAtPath: #require(store.find(specs[2], key: "k")).string)
            try await save(specs[3], "k")
            #expect(specs.map { store.find($0, key: "k") != nil } == [false, true, false, true])
            #expect(store.find(specs[0], key: "new") != nil)
        }
    }

    /// A run may need guests of both.
    @Test func snapshotsWithOtherKernelArgumentsAreKept() async throws {
        try await withFolder { folder in
            let store = SnapshotStore(folder: folder)
            let other = Self.sample { $0.extraArguments = "lsm=bpf" }
            for spec in [.sample, other] { try await store.save(spec, key: key(spec)) { try write("", to: $0) } }
            #expect(store.find(.sample, key: key(.sample)) != nil)
            #expect(store.find(other, key: key(other)) != nil)
        }
    }

    @Test func findingASnapshotIsAUseOfIt() async throws {
        try await withFolder { folder in
            let store = SnapshotStore(folder: folder)
            try await store.save(.sample, key: "k") { try write("", to: $0) }
            let path = try #require(store.find(.sample, key: "k")).string
            try FileManager.default.setAttributes([.modificationDate: longAgo], ofItemAtPath: path)
            #expect(store.find(.sample, key: "k") != nil)
            let used = try FileManager.default.attributesOfItem(atPath: path)[.modificationDate] as? Date
            #expect(used != longAgo)
        }
    }

    /// Snapshots of older versions count as a set that is not used.
    @Test func snapshotsWithoutLoadersInTheirNamesGoInTheEnd() async throws {
        try await withFolder { folder in
            let store = SnapshotStore(folder: folder)
            let old = folder.appending("debian-6.1-192m-0123.snapshot")
            try write("", to: old)
            try FileManager.default.setAttributes([.modificationDate: longAgo], ofItemAtPath: old.string)
            for loader in ["a", "b", "c"] {
                try await store.save(Self.sample { $0.loaders = [loader] }, key: "k") { try write("", to: $0) }
            }
            #expect(!FileManager.default.fileExists(atPath: old.string))
            #expect(try FileManager.default.contentsOfDirectory(atPath: folder.string).count == 3)
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
