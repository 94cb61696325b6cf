import HostTools
import SystemPackage

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
