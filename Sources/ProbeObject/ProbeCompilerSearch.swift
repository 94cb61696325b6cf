import FoundationEssentials
import Glibc
package import HostTools
import SystemPackage

extension ProbeCompiler {
    /// The clang that `COMPAT_MATRIX_CLANG` names, or else the first with the bpf target among `clang-19`, `clang`, and
    /// the newest `clang-N` on `PATH`.
    ///
    /// Debian's clang has the target; the clang of a Swift toolchain, which often comes first on `PATH`, does not.
    ///
    /// The targets of a clang are remembered in `facts` until its file changes.
    package static func find(
        environment: [String: String] = ProcessInfo.processInfo.environment, facts: HostFacts? = nil
    ) async throws -> ProbeCompiler {
        let folders = (environment["PATH"] ?? "").split(separator: ":").map { FilePath(String($0)) }
        if let named = environment[variable], !named.isEmpty {
            let clang = named.contains("/") ? FilePath(named) : locate(named, in: folders) ?? FilePath(named)
            guard let compiler = try await ProbeCompiler(ifUsable: clang, facts) else {
                throw ProbeObjectError.unusableCompiler(clang, variable: variable)
            }
            return compiler
        }
        let names = ["clang-19", "clang"] + numbered(in: folders).filter { $0 != "clang-19" }
        for name in names {
            if let clang = locate(name, in: folders), let compiler = try await ProbeCompiler(ifUsable: clang, facts) {
                return compiler
            }
        }
        throw ProbeObjectError.noCompiler(tried: names)
    }

    /// `nil` if the file cannot be run or has no bpf target.
    private init?(ifUsable clang: FilePath, _ facts: HostFacts?) async throws {
        guard let identity = ProgramIdentity.of(clang) else { return nil }
        let targets = try await facts.remembering(clang, identity) { try await Self.targets(of: clang) }
        guard targets?.split(separator: " ").contains("bpf") == true else { return nil }
        self.clang = clang
        self.identity = identity
    }

    /// Separated by blanks; `nil` if it reports none.
    private static func targets(of clang: FilePath) async throws -> String? {
        let result = try await ToolRunner(.path(clang)).run(["--print-targets"], within: nil)
        // One target per line: "    bpf         - BPF (host endian)".
        let targets = result.text.split(separator: "\n").compactMap { $0.split(separator: " ").first }
        return result.succeeded ? targets.joined(separator: " ") : nil
    }

    private static func locate(_ name: String, in folders: [FilePath]) -> FilePath? {
        folders.map { $0.appending(name) }.first { access($0.string, X_OK) == 0 }
    }

    /// `clang-21`, `clang-18`: newest first.
    private static func numbered(in folders: [FilePath]) -> [String] {
        let names = folders.flatMap { (try? FileManager.default.contentsOfDirectory(atPath: $0.string)) ?? [] }
        let versions = names.compactMap { $0.hasPrefix("clang-") ? Int($0.dropFirst("clang-".count)) : nil }
        return Set(versions).sorted(by: >).map { "clang-\($0)" }
    }
}
