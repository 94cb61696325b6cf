import FoundationEssentials
import HostTools
import SystemPackage
import TestSupport
import Testing

@testable import ProbeObject

struct ProbeCompilerTests {
    /// Stub compilers in one folder of `PATH`, each with or without the bpf target, and the one to be taken.
    @Test(arguments: [
        (["clang": true, "clang-19": true], "clang-19"),
        (["clang": false, "clang-9": true, "clang-21": true], "clang-21"),
        (["clang": true, "clang-21": true], "clang"),
        (["clang": false, "clang-19": false, "clang-14": true], "clang-14"),
    ])
    func theFirstWithTheTargetIsTaken(compilers: [String: Bool], taken: String) async throws {
        try await withFolder { folder in
            for (name, hasTarget) in compilers { try await makeCompiler(folder.appending(name), hasTarget: hasTarget) }
            let compiler = try await ProbeCompiler.find(environment: ["PATH": folder.string])
            #expect(compiler.clang == folder.appending(taken))
        }
    }

    @Test func theVariableOverrides() async throws {
        try await withFolder { folder in
            try await makeCompiler(folder.appending("clang-19"), hasTarget: true)
            let own = try await makeCompiler(folder.appending("own"), hasTarget: true)
            for named in ["own", own.string] {
                let environment = ["PATH": folder.string, ProbeCompiler.variable: named]
                #expect(try await ProbeCompiler.find(environment: environment).clang == own)
            }
            let wrong = try await makeCompiler(folder.appending("wrong"), hasTarget: false)
            let error = ProbeObjectError.unusableCompiler(wrong, variable: ProbeCompiler.variable)
            await #expect(throws: error) {
                try await ProbeCompiler.find(
                    environment: ["PATH": folder.string, ProbeCompiler.variable: wrong.string])
            }
        }
    }

    /// Asking takes a tenth of a second, in which nothing else can be done.
    @Test func anAnswerIsRememberedForTheSameFile() async throws {
        try await withFolder { folder in
            let facts = HostFacts(folder: folder)
            let environment = ["PATH": folder.string]
            let clang = try await makeCompiler(folder.appending("clang"), hasTarget: true)
            let found = try await ProbeCompiler.find(environment: environment, facts: facts)
            // A second query would not know the answer.
            let kept = try await Optional(facts).remembering(clang, found.identity) { nil }
            #expect(kept?.split(separator: " ").contains("bpf") == true)

            try FileManager.default.removeItem(atPath: clang.string)
            try await makeCompiler(clang, hasTarget: false)
            await #expect(throws: ProbeObjectError.noCompiler(tried: ["clang-19", "clang"])) {
                try await ProbeCompiler.find(environment: environment, facts: facts)
            }
        }
    }

    @Test func whatWasTriedIsNamed() async throws {
        try await withFolder { folder in
            try await makeCompiler(folder.appending("clang-17"), hasTarget: false)
            await #expect(throws: ProbeObjectError.noCompiler(tried: ["clang-19", "clang", "clang-17"])) {
                try await ProbeCompiler.find(environment: ["PATH": folder.string])
            }
        }
    }

    /// A link, because a script that was just written may be "busy" while another test forks.
    @discardableResult
    private func makeCompiler(_ file: FilePath, hasTarget: Bool) async throws -> FilePath {
        let program = hasTarget ? try await ProbeCompiler.find().clang.string : "/bin/echo"
        try FileManager.default.createSymbolicLink(atPath: file.string, withDestinationPath: program)
        return file
    }
}
