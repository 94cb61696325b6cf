package import MatrixModel
package import SystemPackage

/// The `compat-matrix.yaml` of a repository: what to run, and the rules of the gate.
package struct ProjectManifest {
    package static let fileName = "compat-matrix.yaml"

    package let file: FilePath
    /// Globs over ids; empty for all kernels.
    package let kernels: [Placed<String>]
    /// Globs over names; empty for all loaders.
    package let loaders: [Placed<String>]
    /// The absolute path of a file with the JSON of a run, or a reference to a stored run.
    package let baseline: Placed<String>?
    package let results: FilePath?
    /// The time limit of one cell, in seconds.
    package let timeout: Int?
    /// The number of concurrent guests.
    package let jobs: Int?
    /// The maximum size of the cache on disk.
    package let cacheLimit: ByteSize?
    package let gate: GateRules
    private let sources: [ProbeSource]

    package var folder: FilePath { file.removingLastComponent() }

    /// Parses a manifest's text; paths in it start at the folder of `file`.
    ///
    /// The files it names may not exist yet: `catalogue()` checks them.
    package init(file: FilePath, text: String) throws(ManifestError) {
        let document = try ManifestNode(file: file, text: text)
        let folder = file.removingLastComponent()
        let keys = try document.mapping(known: [
            "probes", "objects", "kernels", "loaders", "baseline", "results", "timeout", "jobs", "cacheLimit", "gate",
        ])
        self.file = file
        kernels = try keys["kernels"]?.placedTexts() ?? []
        loaders = try keys["loaders"]?.placedTexts() ?? []
        baseline = try keys["baseline"].map { node throws(ManifestError) in
            let name = try node.text()
            guard !name.isEmpty else { throw node.wrong(expected: "a JSON file of a run, or a stored run") }
            let isFile = name.contains("/") || name.hasSuffix(".json")
            return Placed(isFile ? try node.path(in: folder).string : name, at: node.place)
        }
        results = try keys["results"]?.path(in: folder)
        timeout = try keys["timeout"]?.number(in: 1...86_400)
        jobs = try keys["jobs"]?.number(in: 1...256)
        cacheLimit = try keys["cacheLimit"]?.byteSize()
        gate = try keys["gate"].map(GateRules.init) ?? GateRules()
        var sources: [ProbeSource] = []
        for node in try keys["probes"]?.listOrSelf() ?? [] { sources.append(try ProbeSource(probe: node, in: folder)) }
        for node in try keys["objects"]?.listOrSelf() ?? [] { sources.append(.object(node)) }
        guard !sources.isEmpty else {
            throw .missingKey(file: file, line: 1, key: "probes' or 'objects")
        }
        self.sources = sources
    }

    package static func load(_ file: FilePath) throws(ManifestError) -> ProjectManifest {
        try ProjectManifest(file: file, text: ManifestFile.text(of: file))
    }

    /// Every probe that it names: folders in their order, then inline probes, then objects.
    ///
    /// - Throws: `ManifestError`, also for files that are named but do not exist.
    package func catalogue() throws(ManifestError) -> [ProbeManifest] {
        var probes: [ProbeManifest] = []
        for source in sources { probes += try source.probes(in: folder) }
        return probes
    }
}

extension ManifestNode {
    fileprivate func byteSize() throws(ManifestError) -> ByteSize {
        guard let size = ByteSize(try text()) else { throw wrong(expected: "a size such as 10 GiB") }
        return size
    }
}

/// The sources of probes.
private enum ProbeSource {
    case folder(FilePath, ManifestPlace)
    /// An entry with a name and the keys of a `probe.yaml`.
    case written(ManifestNode)
    /// An object without a manifest, or several by a pattern.
    case object(ManifestNode)

    init(probe node: ManifestNode, in folder: FilePath) throws(ManifestError) {
        self = node.isMapping ? .written(node) : .folder(try node.path(in: folder), node.place)
    }

    func probes(in folder: FilePath) throws(ManifestError) -> [ProbeManifest] {
        switch self {
        case .folder(let path, let place):
            do {
                return try ProbeCatalogue(folder: path).probes
            } catch .unreadable(path, _) {
                throw place.wrong("\(path)", expected: "a directory with one subdirectory per probe")
            }
        case .written(let node): return [try ProbeManifest(written: node, in: folder)]
        case .object(let node): return try ProbeManifest.objects(node, in: folder)
        }
    }
}
