internal import Glibc
package import HostTools
internal import Manifests
package import SystemPackage

/// The folders that a command uses, derived from its current directory and installation.
package struct Workspace: Sendable, Equatable {
    /// The folders of kernel manifests; new ones are written to the last.
    package let catalogueFolders: [FilePath]
    /// The directory with one subdirectory per probe; `nil` if there is none.
    package let probes: FilePath?
    /// Kernels, snapshots and objects: files that can be created again.
    package let cache: FilePath
    package var cacheFolder: CacheFolder { CacheFolder(cache) }
    /// The agent and the loaders that run inside a guest.
    package let guestTools: FilePath
    /// The repository's script that builds a loader with another version of its library; `nil` for an installed
    /// compat-matrix.
    package let loaderScript: FilePath?
    package let results: FilePath
    /// The base of source file names in reports: the repository around the current directory, or else that directory.
    package let sources: FilePath
    /// The `compat-matrix.yaml` for the current directory; `nil` if there is none.
    package let project: FilePath?

    /// In a repository, or with an executable that was built in one, that repository's folders; else the installed ones.
    ///
    /// - Parameters:
    ///   - directory: The current directory, absolute.
    ///   - executable: The program's own real path.
    ///   - environment: For the XDG folders, and `HOME` where those are not set.
    ///   - exists: Whether there is a folder of that path.
    ///   - isFile: Whether there is a file of that path.
    ///   - isCheckout: Whether a folder is the top of what git checked out, from where code scanning names files.
    /// - Returns: Folders that need not exist yet.
    package static func find(
        from directory: FilePath, executable: FilePath, environment: [String: String],
        exists: (FilePath) -> Bool = Workspace.isFolder, isFile: (FilePath) -> Bool = Workspace.isFile,
        isCheckout: (FilePath) -> Bool = Workspace.isCheckout
    ) -> Workspace {
        let sources = nearest(to: directory, where: isCheckout) ?? directory
        let root = repository(around: directory, exists: exists)
        let project = project(around: directory, isFile: isFile) { $0 == root || isCheckout($0) }
        if let root { return Workspace(repository: root, sources: sources, project: project) }
        let config = userFolder("XDG_CONFIG_HOME", else: ".config", environment)
        let cache = userFolder("XDG_CACHE_HOME", else: ".cache", environment)
        let program = executable.removingLastComponent()
        let built = repository(around: program, exists: exists).map {
            Workspace(repository: $0, sources: sources, project: nil)
        }
        let probes = directory.appending("probes")
        return Workspace(
            catalogueFolders: [
                built?.catalogueFolders[0] ?? program.appending("kernels"), config.appending("kernels"),
            ],
            probes: exists(probes) ? probes : nil,
            cache: built?.cache ?? cache,
            guestTools: built?.guestTools ?? program.appending("guest"),
            loaderScript: built?.loaderScript,
            results: (project?.removingLastComponent() ?? directory).appending("results"),
            sources: sources, project: project)
    }

    /// Of this process.
    package static func ofThisProcess() throws(Errno) -> Workspace {
        var buffer = [CChar](repeating: 0, count: Int(PATH_MAX))
        let length = readlink("/proc/self/exe", &buffer, buffer.count - 1)
        guard length > 0 else { throw Errno(rawValue: errno) }
        return find(
            from: try currentDirectory(), executable: FilePath(platformString: buffer),
            environment: processEnvironment())
    }

    /// The absolute path of `path` as typed by a user in the current directory.
    package static func absolute(_ path: String) throws(Errno) -> FilePath {
        try currentDirectory().pushing(FilePath(path)).lexicallyNormalized()
    }

    /// The same with an additional folder of kernels, to which new manifests and locks are written.
    package func adding(catalogueFolder folder: FilePath) -> Workspace {
        Workspace(
            catalogueFolders: catalogueFolders + [folder], probes: probes, cache: cache, guestTools: guestTools,
            loaderScript: loaderScript, results: results, sources: sources, project: project)
    }

    package static func isFolder(_ path: FilePath) -> Bool {
        (try? Stat(path))?.type == .directory
    }

    /// Whether `folder` contains `.git`: a directory, or a file in a worktree or submodule.
    package static func isCheckout(_ folder: FilePath) -> Bool {
        (try? Stat(folder.appending(".git"))) != nil
    }

    package static func isFile(_ path: FilePath) -> Bool {
        (try? Stat(path))?.type == .regular
    }

    private init(repository root: FilePath, sources: FilePath, project: FilePath?) {
        self.init(
            catalogueFolders: [root.appending("kernels")],
            probes: root.appending("probes"),
            cache: root.appending("images/cache"),
            guestTools: root.appending("images/guest/build"),
            loaderScript: root.appending("scripts/loader"),
            results: (project?.removingLastComponent() ?? root).appending("results"),
            sources: sources, project: project)
    }

    private init(
        catalogueFolders: [FilePath], probes: FilePath?, cache: FilePath, guestTools: FilePath,
        loaderScript: FilePath?, results: FilePath, sources: FilePath, project: FilePath?
    ) {
        self.catalogueFolders = catalogueFolders
        self.probes = probes
        self.cache = cache
        self.guestTools = guestTools
        self.loaderScript = loaderScript
        self.results = results
        self.sources = sources
        self.project = project
    }

    /// The nearest folder at or above `directory` with a combination of files that only this project's repository has.
    private static func repository(around directory: FilePath, exists: (FilePath) -> Bool) -> FilePath? {
        nearest(to: directory) { folder in
            ["kernels", "probes", "images/guest"].allSatisfy { exists(folder.appending($0)) }
        }
    }

    /// The nearest manifest of a project at or above `directory`, not above the first folder that `ends` the search.
    private static func project(
        around directory: FilePath, isFile: (FilePath) -> Bool, endsAt ends: (FilePath) -> Bool
    ) -> FilePath? {
        let folder = nearest(to: directory) { isFile($0.appending(ProjectManifest.fileName)) || ends($0) }
        return folder?.appending(ProjectManifest.fileName).takingOnly(isFile)
    }

    private static func nearest(to directory: FilePath, where holds: (FilePath) -> Bool) -> FilePath? {
        var folder = directory
        while true {
            if holds(folder) { return folder }
            let parent = folder.removingLastComponent()
            guard parent != folder, !parent.isEmpty else { return nil }
            folder = parent
        }
    }

    /// XDG Base Directory Specification: a relative path in the variable is ignored.
    private static func userFolder(
        _ variable: String, else fallback: String, _ environment: [String: String]
    ) -> FilePath {
        let named = FilePath(environment[variable] ?? "")
        let base = named.isAbsolute ? named : FilePath(environment["HOME"] ?? "/").appending(fallback)
        return base.appending("compat-matrix")
    }

    private static func currentDirectory() throws(Errno) -> FilePath {
        guard let current = getcwd(nil, 0) else { throw Errno(rawValue: errno) }
        defer { free(current) }
        return FilePath(platformString: current)
    }

    private static func processEnvironment() -> [String: String] {
        ["XDG_CONFIG_HOME", "XDG_CACHE_HOME", "HOME"].reduce(into: [:]) { values, name in
            values[name] = getenv(name).map { String(cString: $0) }
        }
    }
}

extension FilePath {
    /// This path if `holds` is true for it, otherwise `nil`.
    fileprivate func takingOnly(_ holds: (FilePath) -> Bool) -> FilePath? { holds(self) ? self : nil }
}
