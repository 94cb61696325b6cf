import ArgumentParser
import Loaders
import Manifests
import MatrixModel
import SystemPackage

/// What `--loader` says: which loaders, or a loader of the user's own and where it is.
enum LoaderOption: ExpressibleByArgument, Sendable, Equatable {
    case choice(Glob)
    case own(name: String, path: String)

    init(argument: String) {
        let parts = argument.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
        self = parts.count == 2 ? .own(name: parts[0], path: parts[1]) : .choice(Glob(argument))
    }

    /// The loaders that it chooses: a loader that is brought is one that is wanted.
    var glob: Glob {
        switch self {
        case .choice(let glob): glob
        case .own(let name, _): Glob(name)
        }
    }

    static let help: ArgumentHelp = """
        Only loaders whose name matches this pattern, or NAME=PATH: one of your own, called NAME; repeatable. There are: \
        \(ShippedLoader.allCases.map(\.rawValue).joined(separator: ", ")).
        """

    /// - Throws: `ValidationError` for what is wrong whatever else there is.
    static func validate(_ options: [LoaderOption]) throws {
        var names = ShippedLoader.allCases.map(\.rawValue)
        for case .own(let name, let path) in options {
            guard ProbeManifest.isUsable(name: name), name.utf8.count <= 64 else {
                throw ValidationError(
                    "'\(name)' cannot be a loader's name: at most 64 letters, digits, '-', '.', '_' and '+', first none of "
                        + "'-' and '.'")
            }
            guard !names.contains(name) else {
                throw ValidationError("there is a loader '\(name)' already; give '\(path)' another name")
            }
            guard !path.isEmpty else { throw ValidationError("--loader \(name)= lacks the path of the loader") }
            names.append(name)
        }
        for case .choice(let glob) in options where !names.contains(where: glob.matches) {
            throw ValidationError("there is no loader '\(glob)'; there are: \(names.joined(separator: ", "))")
        }
    }
}
