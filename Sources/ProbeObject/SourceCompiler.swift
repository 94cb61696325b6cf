import HostTools
import Manifests
import SystemPackage

/// A compiler from a source to a BPF object.
protocol SourceCompiler: Sendable {
    /// Changes if another compiler is installed at the same path.
    var identity: String { get }

    func arguments(_ cpu: InstructionSet, flags: [String]) -> [String]

    /// Compiles `source`, named relative to `folder`, into `object`, and writes the make rule of everything it read to
    /// `rule`, the source first.
    ///
    /// The object's folder is only for this call, and removed afterwards.
    ///
    /// - Throws: `ProbeObjectError.compilation` with the compiler's message.
    func compile(
        _ source: FilePath, in folder: FilePath, arguments: [String], object: FilePath, rule: FilePath
    ) async throws
}

extension SourceCompiler {
    /// Runs `program` in `folder` for `source`.
    func compile(
        _ source: FilePath, by program: FilePath, arguments: [String], in folder: FilePath
    ) async throws {
        let compiler = ToolRunner(.path(program), folder: folder, environment: ["LC_ALL": "C"])
        let result = try await compiler.run(arguments, within: nil)
        guard result.succeeded else {
            let words = result.complaints.trimmingSuffix { $0.isNewline }
            throw ProbeObjectError.compilation(
                source: folder.pushing(source), message: words.isEmpty ? result.ending : String(words))
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
