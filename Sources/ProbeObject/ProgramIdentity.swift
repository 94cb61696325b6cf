// `stat` is Glibc's. Where a module imports libelf as well, a release build finds it in that one's headers.
internal import CElf
import Glibc
import HostTools
import SystemPackage

/// A program, by what changes when it does.
enum ProgramIdentity {
    /// The path, its size and when it was written; `nil` where there is nothing that can be run.
    static func of(_ program: FilePath) -> String? {
        var status = stat()
        guard stat(program.string, &status) == 0, access(program.string, X_OK) == 0 else { return nil }
        return "\(program) \(status.st_size) \(status.st_mtim.tv_sec).\(status.st_mtim.tv_nsec)"
    }
}

extension HostFacts? {
    /// What `program` said when it was asked the last time, if it is the same file; otherwise what `ask` returns.
    func remembering(
        _ program: FilePath, _ identity: String, ask: () async throws -> String?
    ) async throws -> String? {
        // Several folders may have a program of that name.
        let name = "\(program.lastComponent?.string ?? "")-\(Digest.of(program.string).prefix(8))"
        if let known = self?.read(name, for: identity) { return known }
        let answer = try await ask()
        if let answer { self?.write(name, for: identity, value: answer) }
        return answer
    }
}
