package import Manifests
import MatrixModel

extension KernelStore {
    /// The kernels whose id any of `globs` matches, all without globs; oldest first.
    ///
    /// - Throws: `KernelSelectionError` for a glob that matches nothing.
    package func kernels(matching globs: [String]) throws -> [KernelManifest] {
        let all = try catalogue()
        for glob in globs where !all.contains(where: { Glob(glob).matches($0.id.text) }) {
            throw KernelSelectionError.nothingMatches(glob, known: all.map(\.id.text))
        }
        return globs.isEmpty ? all : all.filter { kernel in globs.contains { Glob($0).matches(kernel.id.text) } }
    }

    /// The kernel whose id is `text`; throws `KernelSelectionError` when there is none.
    package func kernel(_ text: String) throws -> KernelManifest {
        let all = try catalogue()
        guard let kernel = all.first(where: { $0.id.text == text }) else {
            throw KernelSelectionError.unknown(text, known: all.map(\.id.text))
        }
        return kernel
    }
}

/// A kernel that was asked for and is not there.
package enum KernelSelectionError: Error, Equatable, CustomStringConvertible {
    case nothingMatches(String, known: [String])
    case unknown(String, known: [String])

    package var description: String {
        switch self {
        case .nothingMatches(let glob, let known):
            "no kernel matches '\(glob)'; available: \(known.joined(separator: ", "))"
        case .unknown(let id, let known): "there is no kernel '\(id)'; there are \(known.joined(separator: ", "))"
        }
    }
}
