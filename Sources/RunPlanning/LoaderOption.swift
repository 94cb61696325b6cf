internal import Loaders
internal import Manifests
package import MatrixModel

/// The value of `--loader`: which loaders to select, or the name and path of a user's own loader.
package enum LoaderOption: Sendable, Equatable {
    case choice(Glob)
    case own(name: String, path: String)

    package init(argument: String) {
        let parts = argument.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
        self = parts.count == 2 ? .own(name: parts[0], path: parts[1]) : .choice(Glob(argument))
    }

    /// The loaders that it selects: a user's own loader is also selected.
    package var glob: Glob {
        switch self {
        case .choice(let glob): glob
        case .own(let name, _): Glob(name)
        }
    }

    /// - Throws: `LoaderOptionError` for options that are wrong in themselves.
    package static func validate(_ options: [LoaderOption]) throws(LoaderOptionError) {
        var names = ShippedLoader.allCases.map(\.rawValue)
        for case .own(let name, let path) in options {
            guard ProbeManifest.isUsable(name: name), name.utf8.count <= 64 else { throw .unusableName(name) }
            guard !names.contains(name) else { throw .taken(name: name, path: path) }
            guard !path.isEmpty else { throw .pathMissing(name: name) }
            names.append(name)
        }
        for case .choice(let glob) in options {
            // The available versions are known only later.
            let anyVersion = Glob(LoaderName("\(glob)").loader)
            guard names.contains(where: anyVersion.matches) else { throw .unknown("\(glob)", known: names) }
        }
    }
}

/// An error in `--loader`, or in an entry of `loaders` in a project's manifest.
package enum LoaderOptionError: Error, Equatable, CustomStringConvertible {
    case unusableName(String)
    case taken(name: String, path: String)
    case pathMissing(name: String)
    case unknown(String, known: [String])

    package var description: String {
        switch self {
        case .unusableName(let name):
            "'\(name)' is not a valid loader name: use at most 64 letters, digits, '-', '.', '_' and '+', "
                + "and do not start with '-' or '.'"
        case .taken(let name, let path): "a loader named '\(name)' already exists: choose another name for '\(path)'"
        case .pathMissing(let name): "--loader \(name)=: the path of the loader is missing"
        case .unknown(let glob, let known): "unknown loader '\(glob)'; available: \(known.joined(separator: ", "))"
        }
    }
}
