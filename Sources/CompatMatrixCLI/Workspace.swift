import Glibc
package import SystemPackage

/// The folders a command works with, found from where it runs and where it was installed.
package struct Workspace: Sendable, Equatable {
    /// Where kernel manifests are; new ones go to the last.
    package let catalogueFolders: [FilePath]
    /// One folder a probe; `nil` outside a repository when there is no such folder.
    package let probes: FilePath?
    /// Kernels, snapshots and objects: whatever can be made again.
    package let cache: FilePath
    /// The agent and the loaders that run inside a guest.
    package let guestTools: FilePath
    package let results: FilePath

    /// In a repository, or with an executable that was built in one, that repository's folders; else the installed ones.
    ///
    /// - Parameters:
    ///   - directory: The current directory, absolute.
    ///   - executable: The program's own real path.
    ///   - environment: For the XDG folders, and `HOME` where those are not set.
    ///   - exists: Whether there is a folder of that path.
    /// - Returns: Folders that need not exist yet.
    package static func find(
        from directory: FilePath, executable: FilePath, environment: [String: String],
        exists: (FilePath) -> Bool = Workspace.isFolder
    ) -> Workspace {
        if let root = repository(around: directory, exists: exists) { return Workspace(repository: root) }
        let config = userFolder("XDG_CONFIG_HOME", else: ".config", environment)
        let cache = userFolder("XDG_CACHE_HOME", else: ".cache", environment)
        let program = executable.removingLastComponent()
        let built = repository(around: program, exists: exists).map(Workspace.init(repository:))
        let probes = directory.appending("probes")
        return Workspace(
            catalogueFolders: [
                built?.catalogueFolders[0] ?? program.appending("kernels"), config.appending("kernels"),
            ],
            probes: exists(probes) ? probes : nil,
            cache: built?.cache ?? cache,
            guestTools: built?.guestTools ?? program.appending("guest"),
            results: directory.appending("results"))
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

    /// `path` as a user typed it, from the current directory.
    package static func absolute(_ path: String) throws(Errno) -> FilePath {
        try currentDirectory().pushing(FilePath(path)).lexicallyNormalized()
    }

    /// The same with one more folder of kernels, the one that new ones and locks go to.
    package func adding(catalogueFolder folder: FilePath) -> Workspace {
        Workspace(
            catalogueFolders: catalogueFolders + [folder], probes: probes, cache: cache, guestTools: guestTools,
            results: results)
    }

    package static func isFolder(_ path: FilePath) -> Bool {
        (try? Stat(path))?.type == .directory
    }

    private init(repository root: FilePath) {
        self.init(
            catalogueFolders: [root.appending("kernels")],
            probes: root.appending("probes"),
            cache: root.appending("images/cache"),
            guestTools: root.appending("images/guest/build"),
            results: root.appending("results"))
    }

    private init(
        catalogueFolders: [FilePath], probes: FilePath?, cache: FilePath, guestTools: FilePath, results: FilePath
    ) {
        self.catalogueFolders = catalogueFolders
        self.probes = probes
        self.cache = cache
        self.guestTools = guestTools
        self.results = results
    }

    /// The nearest folder at or above `directory` that holds what only this project's repository holds together.
    private static func repository(around directory: FilePath, exists: (FilePath) -> Bool) -> FilePath? {
        var folder = directory
        while true {
            if ["kernels", "probes", "images/guest"].allSatisfy({ exists(folder.appending($0)) }) { return folder }
            let parent = folder.removingLastComponent()
            guard parent != folder, !parent.isEmpty else { return nil }
            folder = parent
        }
    }

    /// XDG Base Directory Specification: a relative path in the variable is to be ignored.
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
