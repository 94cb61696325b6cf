import Manifests
import Subprocess
package import SystemPackage

/// A clang that can write BPF objects.
package struct ProbeCompiler: Sendable, Hashable {
    /// The environment variable that names the clang to use.
    package static let variable = "COMPAT_MATRIX_CLANG"

    package let clang: FilePath
    /// Changes when another clang takes this one's place at the same path.
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

    static func arguments(_ cpu: InstructionSet, flags: [String]) -> [String] {
        commonArguments + ["-mcpu=\(cpu.rawValue)"] + flags
    }

    /// Compiles `source`, named relative to `folder`, into `object`, and the make rule of all it read into `rule`.
    ///
    /// - Throws: `ProbeObjectError.compilation` with clang's own words.
    func compile(
        _ source: FilePath, in folder: FilePath, arguments: [String], object: FilePath, rule: FilePath
    ) async throws {
        let result = try await run(
            .path(clang),
            arguments: Arguments(
                arguments + ["-MD", "-MF", rule.string, "-c", source.string, "-o", object.string]),
            environment: .inherit.updating(["LC_ALL": "C"]),
            workingDirectory: folder,
            output: .discarded,
            error: .string(limit: 1024 * 1024))
        guard result.terminationStatus.isSuccess else {
            let words = result.standardError.trimmingSuffix { $0.isNewline }
            throw ProbeObjectError.compilation(
                source: folder.pushing(source), message: words.isEmpty ? "\(result.terminationStatus)" : String(words))
        }
    }
}

extension StringProtocol {
    fileprivate func trimmingSuffix(while unwanted: (Character) -> Bool) -> SubSequence {
        var rest = self[...]
        while let last = rest.last, unwanted(last) { rest.removeLast() }
        return rest
    }
}
