import Manifests
package import SystemPackage

/// A clang that can write BPF objects.
package struct ProbeCompiler: Sendable, Hashable {
    /// The environment variable that names the clang to use.
    package static let variable = "COMPAT_MATRIX_CLANG"

    package let clang: FilePath
    let identity: String

    /// What every probe is compiled with, besides its instruction set and own flags.
    ///
    /// - `-g`: BTF and line info, by which the verifier's log names source lines.
    /// - `-fdebug-compilation-dir`: else the object, and with it its digest, would change with the folder it is built in.
    /// - `-idirafter`: where Debian keeps `asm/types.h`, which no search path of the bpf target holds.
    static let commonArguments = [
        "-target", "bpf", "-g", "-O2", "-Wall", "-fdebug-compilation-dir=.", "-D__TARGET_ARCH_x86",
        "-idirafter", "/usr/include/x86_64-linux-gnu",
    ]
}

extension ProbeCompiler: SourceCompiler {
    func arguments(_ cpu: InstructionSet, flags: [String]) -> [String] {
        Self.commonArguments + ["-mcpu=\(cpu.rawValue)"] + flags
    }

    func compile(
        _ source: FilePath, in folder: FilePath, arguments: [String], object: FilePath, rule: FilePath
    ) async throws {
        try await compile(
            source, by: clang,
            arguments: arguments + ["-MD", "-MF", rule.string, "-c", source.string, "-o", object.string], in: folder)
    }
}
