import SystemPackage
import TestSupport
import Testing

@testable import KernelStore

/// Where the BTF of a kernel is found, and what is not taken for it.
struct ExternalBTFTests {
    private static let release = "4.15.0-213-generic"

    /// Raw BTF with one type, `name`.
    private static func btf(_ name: String, types: Int = 16) -> [UInt8] {
        let strings = [0] + Array(name.utf8) + [0]
        func word(_ number: Int) -> [UInt8] { (0..<4).map { UInt8(truncatingIfNeeded: number >> (8 * $0)) } }
        return [0x9F, 0xEB, 1, 0] + word(24) + word(0) + word(types) + word(types) + word(strings.count)
            + [UInt8](repeating: 0, count: 16) + strings
    }

    private func find(_ source: FilePath, release: String = Self.release) throws -> BTFSearch.Found {
        try BTFSearch(source: source, release: release).find()
    }

    @Test func aFileIsTakenWhateverItsNameIs() async throws {
        try await withFolder { folder in
            let raw = try write(Self.btf("a"), to: folder.appending("any"))
            #expect(try find(raw).bytes == Self.btf("a") && find(raw).origin == raw.string)
            let packed = try write(compressed(Self.btf("b"), .xz), to: folder.appending("any.xz"))
            #expect(try find(packed).bytes == Self.btf("b"))
        }
    }

    @Test func aFolderHasItByTheNameOfTheRelease() async throws {
        try await withFolder { folder in
            try write(Self.btf("other"), to: folder.pushing(FilePath("x/5.4.0-1.btf")))
            try write("no BTF", to: folder.pushing(FilePath("ubuntu/18.04/arm64/\(Self.release).btf.tar.xz")))
            let archive = try tar([Member(path: "./\(Self.release).btf", bytes: Self.btf("a"))], compression: .xz)
            try write(archive, to: folder.pushing(FilePath("ubuntu/18.04/x86_64/\(Self.release).btf.tar.xz")))
            let found = try find(folder)
            #expect(found.bytes == Self.btf("a") && found.origin.hasSuffix(".btf.tar.xz: ./\(Self.release).btf"))
            #expect(try find(folder, release: "5.4.0-1").bytes == Self.btf("other"))
            #expect(throws: KernelStoreError.noBTF(file: folder, release: "5.4.0")) {
                try find(folder, release: "5.4.0")
            }
        }
    }

    @Test func anArchiveOfManyHasItToo() async throws {
        try await withFolder { folder in
            let inner = try tar([Member(path: "\(Self.release).btf", bytes: Self.btf("a"))], compression: .xz)
            let members = [
                Member(path: "hub/arm64/\(Self.release).btf.tar.xz", bytes: Array("no BTF".utf8)),
                Member(path: "hub/x86_64/5.4.0-1.btf", bytes: Self.btf("other")),
                Member(path: "hub/x86_64/\(Self.release).btf.tar.xz", bytes: inner),
                Member(path: "hub/x86_64/5.4.0-2.btf", bytes: Self.btf("another")),
            ]
            let archive = try write(tar(members, compression: .gzip), to: folder.appending("hub.tar.gz"))
            #expect(try find(archive).bytes == Self.btf("a"))
            #expect(try find(archive, release: "5.4.0-2").bytes == Self.btf("another"))
            #expect(throws: KernelStoreError.noBTF(file: archive, release: "5.4.0-3")) {
                try find(archive, release: "5.4.0-3")
            }
            // The only one there is was meant, as of a download from BTFHub.
            let single = try write(inner, to: folder.appending("single.tar.xz"))
            #expect(try find(single, release: "5.4.0-3").bytes == Self.btf("a"))
        }
    }

    @Test func differentFilesForOneReleaseAreNoAnswer() async throws {
        try await withFolder { folder in
            for name in ["18.04", "18.10"] {
                try write(Self.btf("same"), to: folder.pushing(FilePath("same/\(name)/\(Self.release).btf")))
                try write(Self.btf(name), to: folder.pushing(FilePath("different/\(name)/\(Self.release).btf")))
            }
            #expect(try find(folder.appending("same")).bytes == Self.btf("same"))
            let different = folder.appending("different")
            let candidates = ["18.04", "18.10"].map { "\(different)/\($0)/\(Self.release).btf" }
            #expect(
                throws: KernelStoreError.ambiguousBTF(
                    file: different, release: Self.release, candidates: candidates)
            ) { try find(different) }
        }
    }

    @Test(
        arguments: [
            [], Array("text".utf8), [0x9F, 0xEB], Array(btf("a").dropLast()), btf("a", types: 0),
            btf("a", types: 1 << 31 - 1),
            [0x9F, 0xEB, 2] + btf("a").dropFirst(3), [0xEB, 0x9F] + btf("a").dropFirst(2), [0x7F, 0x45, 0x4C, 0x46],
            [0x7F, 0x45, 0x4C, 0x46, 2, 1, 1] + [UInt8](repeating: 0xFF, count: 200),
        ] as [[UInt8]])
    func otherBytesAreRefused(bytes: [UInt8]) async throws {
        try await withFolder { folder in
            let file = try write(bytes, to: folder.appending("\(Self.release).btf"))
            #expect(throws: KernelStoreError.self) { try find(file) }
            #expect(throws: KernelStoreError.self) { try find(folder) }
            let archive = try write(
                tar([Member(path: "\(Self.release).btf", bytes: bytes)], compression: .none),
                to: folder.appending("x.tar"))
            #expect(throws: KernelStoreError.self) { try find(archive) }
        }
    }

    @Test func whatUnpacksToTooMuchIsRefused() async throws {
        try await withFolder { folder in
            let zeros = Self.btf("a") + [UInt8](repeating: 0, count: 1 << 20)
            func find(_ file: FilePath) throws {
                _ = try BTFSearch(source: file, release: Self.release, limitMiB: 1).find()
            }
            let file = try write(compressed(zeros, .xz), to: folder.appending("bomb.xz"))
            #expect(throws: KernelStoreError.tooLarge(file: file, limitMiB: 1)) { try find(file) }
            let archive = try write(
                tar([Member(path: "\(Self.release).btf", bytes: zeros)], compression: .xz),
                to: folder.appending("bomb.tar.xz"))
            #expect(throws: KernelStoreError.tooLarge(file: archive, limitMiB: 1)) { try find(archive) }
        }
    }

    @Test(arguments: ["/dev/null", "/dev/zero"]) func aDeviceIsRefused(device: FilePath) {
        #expect(throws: KernelStoreError.notBTF(file: device)) { try find(device) }
    }

    @Test func aMissingFileIsNamed() {
        #expect(throws: KernelStoreError.unreadable(file: "/nowhere/btf", errno: .noSuchFileOrDirectory)) {
            try find("/nowhere/btf")
        }
    }
}
