import ArgumentParser
import Manifests
import MatrixModel
import SystemPackage

extension Workspace {
    /// What the `compat-matrix.yaml` says that speaks of the current directory, or the one at `path`.
    ///
    /// - Throws: `ManifestError`; a file that was named has to be there.
    func projectManifest(at path: String? = nil) throws -> ProjectManifest? {
        if let path { return try ProjectManifest.load(Self.absolute(path)) }
        return try project.map { file throws(ManifestError) in try ProjectManifest.load(file) }
    }

    /// Where runs are stored, when no command line says otherwise.
    func resultsFolder(_ project: ProjectManifest?) -> FilePath { project?.results ?? results }

    /// Every probe there is: those of the project, else those of the folder `probes`.
    ///
    /// - Throws: `ManifestError`, and `CommandFailure` where there is neither.
    func catalogue(_ project: ProjectManifest?) throws -> [ProbeManifest] {
        if let project { return try project.catalogue() }
        let folder = try probesFolder()
        return try ProbeCatalogue(folder: folder).probes
    }
}

extension ProjectManifest {
    /// Makes sure that each pattern of `kernels` matches one of `known`.
    func check(kernels known: [KernelManifest]) throws(ManifestError) {
        let ids = known.map(\.id.text)
        for glob in kernels where !ids.contains(where: Glob(glob.value).matches) {
            throw glob.place.wrong(glob.value, expected: "kernels among \(ids.joined(separator: ", "))")
        }
    }
}

extension ProjectManifest {
    /// What its `loaders` say, a path among them from its own folder.
    ///
    /// - Throws: `ManifestError` for what `--loader` would not take.
    func loaderOptions() throws -> [LoaderOption] {
        var options: [LoaderOption] = []
        for text in loaders {
            var option = LoaderOption(argument: text.value)
            if case .own(let name, let path) = option, !path.isEmpty {
                option = .own(name: name, path: folder.pushing(FilePath(path)).string)
            }
            do { try LoaderOption.validate(options + [option]) } catch let error as ValidationError {
                throw text.place.wrong(text.value, expected: "what --loader takes: \(error.message)")
            }
            options.append(option)
        }
        return options
    }
}
