import FoundationEssentials
import Manifests
import SystemPackage
import TestSupport

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

/// `text` compiled by the clang that probes are compiled with.
func compiled(_ text: String, in folder: FilePath, target: String = "bpf") async throws -> FilePath {
    try write(text.utf8, to: folder.appending("source.c"))
    let object = folder.appending("source.o")
    try await ProbeCompiler.find().compile(
        "source.c", in: folder, arguments: ["-target", target, "-O2", "-g"], object: object,
        rule: folder.appending("source.d"))
    return object
}
