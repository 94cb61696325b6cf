import FoundationEssentials
import Subprocess
import SystemPackage
import TestSupport
import Testing

@testable import GuestImage

@Suite struct DynamicProgramTests {
    private static let bash = """
        \tlinux-vdso.so.1 (0x00007ffd0c5f2000)
        \tlibtinfo.so.6 => /lib/x86_64-linux-gnu/libtinfo.so.6 (0x00007f8b1c000000)
        \tlibc.so.6 => /lib/x86_64-linux-gnu/libc.so.6 (0x00007f8b1be00000)
        \t/lib64/ld-linux-x86-64.so.2 (0x00007f8b1c200000)

        """

    private static let musl =
        "\t/lib/ld-musl-x86_64.so.1 (0x7f1)\n\tlibreadline.so.8 => /usr/lib/libreadline.so.8 (0x7f2)\n"

    /// As glibc and musl print them.
    @Test(arguments: [
        (
            bash,
            [
                "/lib/x86_64-linux-gnu/libtinfo.so.6", "/lib/x86_64-linux-gnu/libc.so.6", "/lib64/ld-linux-x86-64.so.2",
            ]
        ),
        (musl, ["/lib/ld-musl-x86_64.so.1", "/usr/lib/libreadline.so.8"]),
        ("\tstatically linked\n", []),
        ("", []),
    ])
    func parsesTheLibrariesFromTheInterpretersOutput(text: String, paths: [String]) throws {
        #expect(try DynamicProgram.libraries(of: "/bin/x", in: text).map(\.string) == paths)
    }

    @Test func missingLibraryIsReported() {
        #expect(throws: GuestImageError.libraryMissing(program: "/bin/x", library: "libgone.so.3")) {
            try DynamicProgram.libraries(of: "/bin/x", in: "\tlibgone.so.3 => not found\n")
        }
    }

    @Test func nonProgramIsAnError() async throws {
        try await withBinaries { folder in
            await #expect(throws: GuestImageError.cannotRead(folder.appending("gone"))) {
                try await DynamicProgram(folder.appending("gone"))
            }
            for (name, text) in [("script", "#!/bin/sh\n"), ("empty", ""), ("cut", "\u{7f}ELF\u{2}\u{1}\u{1}")] {
                try Data(text.utf8).write(to: folder.file(name))
                let error = await #expect(throws: GuestImageError.self) {
                    try await DynamicProgram(folder.appending(name))
                }
                #expect(error?.description.contains("is not a 64-bit ELF program") == true)
            }
        }
    }

    /// With the interpreter and the libraries that the image brings, and none of this machine's.
    @Test func bashRunsFromTheImage() async throws {
        try await withBinaries { folder in
            for name in ["agent", "shell.so", "loader-libbpf"] {
                try Data("#!\n".utf8).write(to: folder.file("binaries/\(name)"))
            }
            let image = try await GuestImage.withShell(binaries: folder.appending("binaries"))
                .initramfs(in: folder.appending("cache"))
            let root = try folder.folder("root")
            let archive = try FileDescriptor.open(image.path, .readOnly)
            let unpacked = try await Subprocess.run(
                .name("cpio"),
                arguments: ["-idf", "--quiet", "-D", root.string, "dev/*"],
                input: .fileDescriptor(archive, closeAfterSpawningProcess: true), output: .discarded,
                error: .string(limit: 4096))
            #expect(unpacked.terminationStatus.isSuccess, "\(unpacked.standardError)")
            let libraries = try await DynamicProgram("/bin/bash").libraries.map { root.appending($0.components) }
            let interpreter = try #require(libraries.first { $0.lastComponent?.string.hasPrefix("ld-") == true })
            let folders = Set(libraries.map { $0.removingLastComponent().string })
            let said = try await Subprocess.run(
                .path(interpreter),
                arguments: [
                    "--inhibit-cache", "--library-path", folders.joined(separator: ":"),
                    root.appending("bin/bash").string, "-c", "echo $((6 * 7)); echo \"$(</proc/$$/maps)\"",
                ],
                output: .string(limit: 1 << 20), error: .string(limit: 4096))
            #expect(said.standardOutput.hasPrefix("42\n"), "\(said.standardError)")
            let mapped = said.standardOutput.split(separator: "\n").filter { $0.contains(".so") }
            #expect(!mapped.isEmpty && mapped.allSatisfy { $0.contains(root.string) }, "\(mapped)")
        }
    }

    /// What a cell remembers of the image does not depend on the loaders of other cells.
    @Test func anImageHoldsTheLoadersOfItsRun() async throws {
        try await withBinaries { folder in
            for name in ["agent", "shell.so", "loader-libbpf", "loader-aya", "loader-cilium"] {
                try Data(name.utf8).write(to: folder.file("binaries/\(name)"))
            }
            let binaries = folder.appending("binaries")
            let cache = folder.appending("cache")
            let one = try GuestImage(binaries: binaries, loaders: ["libbpf"])
            let two = try GuestImage(binaries: binaries, loaders: ["libbpf", "aya", "not-built"])
            #expect(one.loaders == ["libbpf"] && two.loaders == ["libbpf", "aya"])
            #expect(one.digest(for: "libbpf") == two.digest(for: "libbpf"))
            #expect(one.digest(for: "aya") != two.digest(for: "aya"))
            let (small, large) = (try one.initramfs(in: cache), try two.initramfs(in: cache))
            #expect(small.loaders == one.loaders && large.loaders == two.loaders)
            #expect(small.digest != large.digest && small.path != large.path)
            #expect(try loaders(in: small.path) == ["bin/loader-libbpf"])
            #expect(try loaders(in: large.path) == ["bin/loader-aya", "bin/loader-libbpf"])
            try Data("changed".utf8).write(to: folder.file("binaries/loader-aya"))
            let changed = try GuestImage(binaries: binaries, loaders: ["libbpf", "aya"])
            #expect(changed.digest(for: "libbpf") == two.digest(for: "libbpf"))
            #expect(changed.digest(for: "aya") != two.digest(for: "aya"))
        }
    }

    /// The paths of the loaders in an archive, which names its files in clear.
    private func loaders(in archive: FilePath) throws -> [String] {
        let bytes = String(decoding: try Data(contentsOf: URL(filePath: archive.string)), as: UTF8.self)
        return bytes.matches(of: #/bin/loader-[a-z]+/#).map { String($0.output) }.sorted()
    }

    @Test func theSameProgramsGiveTheSameImage() async throws {
        try await withBinaries { folder in
            for name in ["agent", "shell.so", "loader-libbpf"] {
                try Data(name.utf8).write(to: folder.file("binaries/\(name)"))
            }
            let binaries = folder.appending("binaries")
            let cache = folder.appending("cache")
            let first = try await GuestImage.withShell(binaries: binaries).initramfs(in: cache)
            #expect(try await GuestImage.withShell(binaries: binaries).initramfs(in: cache) == first)
            #expect(try GuestImage(binaries: binaries).initramfs(in: cache).digest != first.digest)
        }
    }
}

/// Runs `body` with a folder that contains an empty folder `binaries`, and is gone afterwards.
private func withBinaries(_ body: (FilePath) async throws -> Void) async throws {
    try await withFolder { folder in
        _ = try folder.folder("binaries")
        try await body(folder)
    }
}

extension FilePath {
    fileprivate func folder(_ name: String) throws -> FilePath {
        let path = appending(name)
        try FileManager.default.createDirectory(atPath: path.string, withIntermediateDirectories: true)
        return path
    }

    fileprivate func file(_ name: String) -> URL { URL(filePath: pushing(FilePath(name)).string) }
}
