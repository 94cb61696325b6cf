package import KernelStore
package import Manifests
package import SystemPackage

extension Workspace {
    /// The `compat-matrix.yaml` for the current directory, or the one at `path`.
    ///
    /// - Throws: `ManifestError`; a file at `path` must exist.
    package func projectManifest(at path: FilePath? = nil) throws -> ProjectManifest? {
        if let path { return try ProjectManifest.load(path) }
        return try project.map { file throws(ManifestError) in try ProjectManifest.load(file) }
    }

    /// The folder of stored runs, unless the command line names another.
    package func resultsFolder(_ project: ProjectManifest?) -> FilePath { project?.results ?? results }

    /// All probes: those of the project, or else those of the folder `probes`.
    ///
    /// - Throws: `ManifestError`, and `SessionError.noProbesFolder` if there is neither.
    package func catalogue(_ project: ProjectManifest?) throws -> [ProbeManifest] {
        if let project { return try project.catalogue() }
        let folder = try probesFolder()
        return try ProbeCatalogue(folder: folder).probes
    }

    /// The folder of probes, for a command that requires one.
    package func probesFolder() throws(SessionError) -> FilePath {
        guard let probes else { throw .noProbesFolder }
        return probes
    }
}

extension KernelStore {
    /// Every kernel's store of `workspace`.
    package init(_ workspace: Workspace, mirrors: [AptArchive: String] = [:]) {
        self.init(catalogueFolders: workspace.catalogueFolders, cache: workspace.cache, mirrors: mirrors)
    }
}
