import FoundationEssentials
import Glibc
package import HostTools
import Manifests
package import SystemPackage

/// A rustc that can compile for BPF, and the clang that assembles its output.
///
/// For this target, rustc's objects are LLVM bitcode, because rustc relies on a separate linker that no distribution
/// packages. Its assembly output is complete, and clang's assembler accepts it, even from another LLVM version.
package struct RustCompiler: Sendable, Hashable {
    /// The environment variable that names the rustc to use.
    package static let variable = "COMPAT_MATRIX_RUSTC"
    static let target = "bpfel-unknown-none"
    /// How to install one, for people.
    static let packages = "install Debian's rustc-web and libstd-rust-web-dev-bpf"

    package let rustc: FilePath
    private let assembler: ProbeCompiler
    private let identityOfRustc: String

    /// A library, because only a program needs a panic handler; a fixed crate name, because function names would
    /// otherwise depend on the file name.
    static let commonArguments = [
        "--edition=2021", "--target=\(target)", "--crate-type=lib", "--crate-name=probe", "-Copt-level=3",
        "-Cpanic=abort", "-Ccodegen-units=1",
    ]
}

extension RustCompiler: SourceCompiler {
    var identity: String { "\(identityOfRustc) \(assembler.identity)" }

    func arguments(_ cpu: InstructionSet, flags: [String]) -> [String] {
        Self.commonArguments + ["-Ctarget-cpu=\(cpu.rawValue)"] + flags
    }

    func compile(
        _ source: FilePath, in folder: FilePath, arguments: [String], object: FilePath, rule: FilePath
    ) async throws {
        let assembly = FilePath("\(object).s")
        // Without an output folder, rustc writes intermediate files to its working directory, named after the crate:
        // two parallel compilations overwrote each other's files.
        try await compile(
            source, by: rustc,
            arguments: arguments
                + [
                    "--out-dir=\(object.removingLastComponent())", "--emit=asm=\(assembly),dep-info=\(rule)",
                    source.string,
                ],
            in: folder)
        try await compile(
            source, by: assembler.clang, arguments: ["-target", "bpf", "-c", assembly.string, "-o", object.string],
            in: folder)
    }
}

extension RustCompiler {
    /// The rustc that `COMPAT_MATRIX_RUSTC` names, or else the first on `PATH` with the target's core library.
    ///
    /// Debian packages that library for `rustc-web`; a rustup toolchain, which often comes first, does not have it.
    ///
    /// The location of a rustc's library is stored in `facts` until its file changes.
    package static func find(
        assembler: ProbeCompiler, environment: [String: String] = ProcessInfo.processInfo.environment,
        facts: HostFacts? = nil
    ) async throws -> RustCompiler {
        let folders = (environment["PATH"] ?? "").split(separator: ":").map { FilePath(String($0)) }
        if let named = environment[variable], !named.isEmpty {
            let rustc = named.contains("/") ? FilePath(named) : located(named, in: folders).first ?? FilePath(named)
            guard let compiler = try await RustCompiler(ifUsable: rustc, assembler: assembler, facts) else {
                throw ProbeObjectError.unusableRustCompiler(rustc, variable: variable)
            }
            return compiler
        }
        let all = located("rustc", in: folders)
        for rustc in all {
            if let compiler = try await RustCompiler(ifUsable: rustc, assembler: assembler, facts) {
                return compiler
            }
        }
        throw ProbeObjectError.noRustCompiler(tried: all)
    }

    private static func located(_ name: String, in folders: [FilePath]) -> [FilePath] {
        folders.map { $0.appending(name) }.filter { access($0.string, X_OK) == 0 }
    }

    /// `nil` if the file cannot be run or has no core library for the target.
    private init?(ifUsable rustc: FilePath, assembler: ProbeCompiler, _ facts: HostFacts?) async throws {
        guard let identity = ProgramIdentity.of(rustc) else { return nil }
        let folder = try await facts.remembering(rustc, identity) { try await Self.libraryFolder(of: rustc) }
        let libraries = folder.flatMap { try? FileManager.default.contentsOfDirectory(atPath: $0) } ?? []
        guard libraries.contains(where: { $0.hasPrefix("libcore-") }) else { return nil }
        self.rustc = rustc
        self.assembler = assembler
        identityOfRustc = identity
    }

    /// The folder of the target's libraries, whether or not they exist; `nil` if rustc does not report it.
    private static func libraryFolder(of rustc: FilePath) async throws -> String? {
        let result = try await ToolRunner(.path(rustc)).run(
            ["--print=target-libdir", "--target=\(target)"], within: nil)
        return result.succeeded ? result.text.split(separator: "\n").first.map(String.init) : nil
    }
}
