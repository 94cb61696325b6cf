import ProbeObject
import Subprocess
import SystemPackage
import TestSupport
import Testing

/// Makes an object of a C source, as a user would who has none of ours.
func compileObject(_ source: String, to object: FilePath) async throws {
    let file = FilePath("\(object).c")
    try write(source, to: file)
    let result = try await Subprocess.run(
        .path(ProbeCompiler.find().clang),
        arguments: [
            "-target", "bpf", "-D__TARGET_ARCH_x86", "-g", "-O2", "-idirafter", "/usr/include/x86_64-linux-gnu", "-c",
            file.string, "-o", object.string,
        ], output: .discarded, error: .string(limit: 64 << 10))
    try #require(result.terminationStatus.isSuccess, "\(result.standardError)")
}
