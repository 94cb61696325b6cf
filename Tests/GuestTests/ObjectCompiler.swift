import ProbeObject
import Subprocess
import SystemPackage
import TestSupport
import Testing

/// Compiles a test's own source, which stays next to the object.
func compileObject(_ source: String, defines: [String] = [], to object: FilePath) async throws {
    let file = FilePath("\(object).c")
    try write(source, to: file)
    let result = try await Subprocess.run(
        .path(ProbeCompiler.find().clang),
        arguments: Arguments(
            ["-target", "bpf", "-mcpu=v2", "-g", "-O2", "-idirafter", "/usr/include/x86_64-linux-gnu"]
                + defines.map { "-D\($0)" } + ["-c", file.string, "-o", object.string]),
        output: .discarded, error: .string(limit: 64 << 10))
    try #require(result.terminationStatus.isSuccess, "\(result.standardError)")
}
