package import Loaders
internal import Manifests
internal import MatrixModel
package import ProbeObject

/// A variant and its loader.
package struct LoadedVariant: Sendable {
    package var variant: BuiltVariant
    package var loader: Loader
    /// The files of a user's executable in a guest.
    package var executable: GuestExecutable?

    package init(variant: BuiltVariant, loader: Loader, executable: GuestExecutable? = nil) {
        self.variant = variant
        self.loader = loader
        self.executable = executable
    }
}

/// Which loaders exist, and which of them run which variant.
///
/// A pure function of the options; does not access the disk.
package struct LoaderChoice {
    private let options: [LoaderOption]
    private let releases: [LoaderRelease]
    private let own: [String]

    /// `releases` are the versions that can be chosen in addition to the default ones.
    package init(_ options: [LoaderOption], releases: [LoaderRelease] = []) {
        self.options = options
        self.releases = releases
        own = options.compactMap { if case .own(let name, _) = $0 { name } else { nil } }
    }

    /// Loaders of objects, in the order of the plan: shipped loaders first, each followed by its other versions, then
    /// the user's in their order.
    private var ofObjects: [String] {
        let shipped = ShippedLoader.allCases.filter(\.takesObjects).flatMap { loader in
            [loader.rawValue] + releases.filter { $0.loader == loader }.map(\.name)
        }
        return shipped + own
    }

    private var all: [String] { ofObjects + ShippedLoader.allCases.filter { !$0.takesObjects }.map(\.rawValue) }

    /// Each variant with the names of its loaders.
    ///
    /// If a manifest names loaders, only those count, in every selected version. Otherwise, and for objects without a
    /// manifest, any loader can be selected, and the default is libbpf.
    ///
    /// - Throws: `LoaderChoiceError` for a selection that applies to no variant, and for a manifest that names an
    ///   unknown loader.
    package func loaders(of variants: [BuiltVariant]) throws(LoaderChoiceError) -> [(
        variant: BuiltVariant, loader: String
    )] {
        try Self.check(variants.compactMap(\.settings.loaders).flatMap(\.self), among: all)
        var possible: Set<String> = []
        var chosen: [(variant: BuiltVariant, loader: String)] = []
        for variant in variants {
            let takers = takers(of: variant)
            possible.formUnion(takers)
            chosen += takers.filter { isChosen($0, for: variant) }.map { (variant, $0) }
        }
        if let lost = options.map(\.glob).first(where: { glob in !possible.contains(where: glob.chooses(loader:)) }) {
            throw .nothingMatches("\(lost)", known: possible.sorted())
        }
        return chosen
    }

    /// Rejects names that no loader has; globs may be for loaders that are not always available.
    private static func check(_ named: [Glob], among known: [String]) throws(LoaderChoiceError) {
        guard let lost = named.first(where: { !$0.isPattern && !known.contains($0.description) }) else { return }
        throw .unknown("\(lost)", known: known)
    }

    private func takers(of variant: BuiltVariant) -> [String] {
        if let loader = variant.ownLoader { return [loader] }
        if let globs = variant.settings.loaders { return takers(among: globs) }
        return options.isEmpty ? [ShippedLoader.libbpf.rawValue] : ofObjects
    }

    private func takers(among globs: [Glob]) -> [String] {
        ofObjects.filter { name in globs.contains { $0.isAbout(LoaderName(name)) } }
    }

    private func isChosen(_ loader: String, for variant: BuiltVariant) -> Bool {
        guard options.isEmpty else { return options.contains { $0.glob.chooses(loader: loader) } }
        return variant.settings.loaders?.contains { $0.chooses(loader: loader) } ?? true
    }
}

/// A loader that was requested or named, but that no variant uses or no one provides.
package enum LoaderChoiceError: Error, Equatable, CustomStringConvertible {
    /// `--loader` selects none of the loaders of the selected variants, which are `known`.
    case nothingMatches(String, known: [String])
    /// A manifest names a loader that does not exist.
    case unknown(String, known: [String])

    package var description: String {
        switch self {
        case .nothingMatches(let glob, let known):
            "--loader '\(glob)' matches nothing; loaders of the selected variants: \(known.joined(separator: ", "))"
        case .unknown(let name, let known):
            "unknown loader '\(name)' in a manifest; available: \(known.joined(separator: ", ")); add your own with "
                + "--loader \(name)=PATH"
        }
    }
}
