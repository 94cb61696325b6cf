import CompatMatrixCLI
import Foundation
import Subprocess
import SystemPackage
import TestSupport
import Testing

/// A folder laid out like the repository, so that what a test runs in it touches nothing else.
///
/// The guest's agent and loader are dummies: nothing boots here.
struct Sandbox: Sendable {
    let root: FilePath

    static func with(_ body: (Sandbox) async throws -> Void) async throws {
        try await withFolder { root in
            let sandbox = Sandbox(root: root)
            for folder in ["kernels", "probes", "bin", "tmp"] { try sandbox.makeFolder(folder) }
            for name in ["agent", "shell.so"] { try sandbox.write("a dummy", to: "images/guest/build/\(name)") }
            try sandbox.addLoader("libbpf", saying: "libbpf 1.4")
            try await body(sandbox)
        }
    }

    /// How a command ended and what it said.
    struct Outcome: Sendable {
        /// `nil` for a status that is none of ours, or a signal.
        var status: CompatMatrixCLI.ExitStatus?
        var stdout: String
        var stderr: String
    }

    /// The program built together with the running tests.
    static let program: FilePath = {
        let tests = (try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")) ?? ""
        return FilePath(tests).removingLastComponent().appending("compat-matrix")
    }()

    /// Runs `compat-matrix` in the sandbox, with `path` as its `PATH` or the machine's own.
    @discardableResult
    func run(_ arguments: String..., path: FilePath? = nil, environment: [Environment.Key: String] = [:]) async throws
        -> Outcome
    {
        try await run(arguments, path: path, environment: environment)
    }

    func run(
        _ arguments: [String], path: FilePath? = nil, environment: [Environment.Key: String] = [:],
        workingDirectory: FilePath? = nil
    ) async throws -> Outcome {
        var changes: [Environment.Key: String?] = ["HOME": root.string, "TMPDIR": root.appending("tmp").string]
        for name in ["XDG_CONFIG_HOME", "XDG_CACHE_HOME", "COMPAT_MATRIX_LOG"] as [Environment.Key] {
            changes.updateValue(nil, forKey: name)
        }
        if let path { changes["PATH"] = path.string }
        for (name, value) in environment { changes[name] = value }
        let result = try await Subprocess.run(
            .path(Self.program), arguments: Arguments(arguments), environment: .inherit.updating(changes),
            workingDirectory: workingDirectory ?? root, output: .string(limit: 1 << 24), error: .string(limit: 1 << 20))
        let status: CompatMatrixCLI.ExitStatus? =
            if case .exited(let code) = result.terminationStatus { CompatMatrixCLI.ExitStatus(rawValue: code) } else {
                nil
            }
        return Outcome(
            status: status, stdout: result.standardOutput, stderr: result.standardError)
    }

    @discardableResult
    func write(_ text: String, to name: String) throws -> FilePath { try write(Array(text.utf8), to: name) }

    @discardableResult
    func write(_ bytes: [UInt8], to name: String) throws -> FilePath {
        let file = root.appending(name)
        try FileManager.default.createDirectory(
            atPath: file.removingLastComponent().string, withIntermediateDirectories: true)
        try Data(bytes).write(to: URL(filePath: file.string))
        return file
    }

    func makeFolder(_ name: String) throws {
        try FileManager.default.createDirectory(atPath: root.appending(name).string, withIntermediateDirectories: true)
    }

    func contents(of name: String) throws -> Data { try Data(contentsOf: URL(filePath: root.appending(name).string)) }

    /// Every file of the sandbox with its size, hidden ones included.
    func files() throws -> [String: UInt64] {
        var files: [String: UInt64] = [:]
        for name in try FileManager.default.subpathsOfDirectory(atPath: root.string) {
            let attributes = try FileManager.default.attributesOfItem(atPath: root.appending(name).string)
            guard attributes[.type] as? FileAttributeType != .typeDirectory else { continue }
            files[name] = (attributes[.size] as? NSNumber)?.uint64Value
        }
        return files
    }

    /// Forgotten files: every temporary name begins with a dot or is in `TMPDIR`.
    func leftovers() throws -> [String] {
        try files().keys.filter { name in
            name.hasPrefix("tmp/") || FilePath(name).lastComponent?.string.hasPrefix(".") == true
        }
    }
}

extension Sandbox.Outcome {
    var isSuccess: Bool { status == .everyCellAsExpected }

    /// The command exited with `status`, wrote nothing to stdout, and printed one sentence that contains all of
    /// `words`.
    func expectRefusal(
        _ expected: CompatMatrixCLI.ExitStatus, saying words: [String],
        sourceLocation: SourceLocation = #_sourceLocation
    ) {
        #expect(status == expected, "\(stderr)", sourceLocation: sourceLocation)
        #expect(stdout == "", sourceLocation: sourceLocation)
        expectSentence(words, sourceLocation: sourceLocation)
    }

    /// Stderr, apart from progress lines, is one line that contains all of `words`.
    func expectSentence(_ words: [String], sourceLocation: SourceLocation = #_sourceLocation) {
        let lines = stderr.split(separator: "\n").filter { !$0.hasPrefix("\(Sandbox.kernel): ") }
        #expect(lines.count == 1, "\(stderr)", sourceLocation: sourceLocation)
        let line = lines.first ?? ""
        #expect(line.hasPrefix("compat-matrix: "), sourceLocation: sourceLocation)
        for word in words { #expect(line.contains(word), sourceLocation: sourceLocation) }
    }
}
