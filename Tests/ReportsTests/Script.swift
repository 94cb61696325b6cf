import Foundation
import Subprocess
import SystemPackage
import TestSupport
import Testing

/// A Python script of this target's resources.
enum Script {
    /// The distribution's, where apt puts its modules.
    static let debian: FilePath = "/usr/bin/python3"
    /// That of `scripts/setup`, with what comes from PyPI.
    static let folder = SourceTree.root.pushing(".build/python")
    static let ours = folder.appending("bin/python3")

    static func answer<Answer: Decodable>(
        of name: String, _ arguments: [String], input: String = "", with python: FilePath = debian,
        as type: Answer.Type
    ) async throws -> Answer {
        let script = try #require(Bundle.module.url(forResource: "Resources/\(name)", withExtension: nil))
        let result = try await run(
            .path(python), arguments: Arguments([script.path] + arguments), input: .string(input),
            output: .string(limit: 1 << 24), error: .string(limit: 1 << 20))
        guard result.terminationStatus.isSuccess else {
            throw ScriptFailed(script: name, words: result.standardError)
        }
        return try JSONDecoder().decode(type, from: Data(result.standardOutput.utf8))
    }
}

struct ScriptFailed: Error {
    var script: String
    var words: String
}
