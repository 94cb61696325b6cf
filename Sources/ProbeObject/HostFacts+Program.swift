import HostTools
import SystemPackage

extension HostFacts? {
    /// The remembered answer of `program` if its file has not changed; otherwise the result of `ask`.
    func remembering(
        _ program: FilePath, _ identity: String, ask: () async throws -> String?
    ) async throws -> String? {
        // Several folders can contain a program of that name.
        let name = "\(program.lastComponent?.string ?? "")-\(Digest.of(program.string).prefix(8))"
        if let known = self?.read(name, for: identity) { return known }
        let answer = try await ask()
        if let answer { self?.write(name, for: identity, value: answer) }
        return answer
    }
}
