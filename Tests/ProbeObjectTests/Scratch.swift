import FoundationEssentials
import Manifests
import SystemPackage

@testable import ProbeObject

/// Sources that need no header.
enum Sources {
    static let twoPrograms = """
        int helper(int x) { return x + 1; }
        __attribute__((section("kprobe/do_exit"), used)) int first(void *ctx) { return 0; }
        __attribute__((section("xdp"), used)) int second(void *ctx) { return 2; }
        char LICENSE[] __attribute__((section("license"), used)) = "GPL";
        """
}

/// A folder that is gone afterwards.
func withFolder(_ body: (FilePath) async throws -> Void) async throws {
    let folder = FilePath(FileManager.default.temporaryDirectory.path).appending("objects-\(UUID().uuidString)")
    try FileManager.default.createDirectory(atPath: folder.string, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(atPath: folder.string) }
    try await body(folder)
}

@discardableResult
func write(_ bytes: some Sequence<UInt8>, to file: FilePath) throws -> FilePath {
    try FileManager.default.createDirectory(
        atPath: file.removingLastComponent().string, withIntermediateDirectories: true)
    try FileBytes.write(Array(bytes), to: file)
    return file
}

/// `text` compiled by the clang that probes are compiled with.
func compiled(_ text: String, in folder: FilePath, target: String = "bpf") async throws -> FilePath {
    try write(text.utf8, to: folder.appending("source.c"))
    let object = folder.appending("source.o")
    try await ProbeCompiler.find().compile(
        "source.c", in: folder, arguments: ["-target", target, "-O2", "-g"], object: object,
        rule: folder.appending("source.d"))
    return object
}
