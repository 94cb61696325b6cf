package import Machine
package import Manifests
package import MatrixModel
package import SystemPackage

/// What to measure and how: the command line, completed by the project's manifest.
package struct RunRequest: Sendable {
    /// How much of the available cells a request selects.
    package enum Extent: Sendable, Comparable {
        case part
        /// All cells of the selected probes.
        case wholeProbes
        case everything
    }

    /// Globs over ids; empty for all.
    package var kernels: [String] = []
    /// Empty for all, unless there are `objects`.
    package var probes: [Glob] = []
    /// Empty for all.
    package var variants: [Glob] = []
    /// Objects to load without a manifest, as absolute paths.
    package var objects: [FilePath] = []
    /// Kernel modules that `objects` need.
    package var modules: [String] = []
    package var loaders: [LoaderOption] = []
    /// The number of concurrent guests; `nil` to choose by the machine.
    package var jobs: Int?
    package var accelerator = AcceleratorOption.auto
    package var start = StartPolicy.auto
    /// The time limit of one cell; `nil` for the default.
    package var timeoutSeconds: Int?
    /// The folder of stored runs, as an absolute path; `nil` for that of the workspace.
    package var results: FilePath?
    /// Whether known results are taken from the store.
    package var takesStoredAnswers = true
    /// Whether complete logs are kept.
    package var keepsFullLogs = false
    /// Whether maps without a size are given one.
    package var sizesMaps = false
    package var shard: Shard?
    /// The maximum size of the cache after the run; `nil` for the default.
    package var cacheLimit: ByteSize?
    /// The baseline: a stored run, or a file.
    package var baseline: String?
    /// Whether to skip the comparison, even if the manifest names a baseline.
    package var ignoresBaseline = false
    /// The project's manifest, as an absolute path; `nil` for the nearest one.
    package var manifest: FilePath?

    /// How much the command line alone selected; `nil` before the manifest was applied.
    private var chosenExtent: Extent?

    package init() {}

    /// - Throws: `RunRequestError`, `LoaderOptionError`.
    package func validate() throws {
        guard (1...256).contains(jobs ?? 1) else { throw RunRequestError.jobs }
        guard (1...86_400).contains(timeoutSeconds ?? 1) else { throw RunRequestError.timeout }
        guard modules.isEmpty || !objects.isEmpty else { throw RunRequestError.modulesWithoutObject }
        if let name = modules.first(where: { ModuleName($0) == nil }) { throw RunRequestError.module(name) }
        try LoaderOption.validate(loaders)
    }

    /// Kernels and loaders named in the project's manifest do not make a run partial: they define the whole.
    package var extent: Extent {
        if let chosenExtent { return chosenExtent }
        guard kernels.isEmpty, variants.isEmpty, loaders.isEmpty, shard == nil else { return .part }
        return probes.isEmpty && objects.isEmpty ? .everything : .wholeProbes
    }

    /// The same request for a subset of its selection; its results imply nothing about the rest and are not compared
    /// with a baseline.
    package func forSome() -> RunRequest {
        var request = self
        request.chosenExtent = .part
        request.baseline = nil
        request.ignoresBaseline = true
        return request
    }

    /// The same request, completed by `project` where the command line specifies nothing; applying it twice changes
    /// nothing.
    package func filled(from project: ProjectManifest?) throws(ManifestError) -> RunRequest {
        guard chosenExtent == nil else { return self }
        var request = self
        request.chosenExtent = extent
        guard let project else { return request }
        if kernels.isEmpty { request.kernels = project.kernels.map(\.value) }
        if loaders.isEmpty { request.loaders = try project.loaderOptions() }
        request.jobs = jobs ?? project.jobs
        request.timeoutSeconds = timeoutSeconds ?? project.timeout
        request.results = results ?? project.results
        request.cacheLimit = cacheLimit ?? project.cacheLimit
        request.baseline = ignoresBaseline ? nil : baseline ?? project.baseline?.value
        return request
    }
}

/// The accelerator of guests.
package enum AcceleratorOption: String, CaseIterable, Sendable { case auto, kvm, tcg }

/// A number on the command line that is out of range.
package enum RunRequestError: Error, Equatable, CustomStringConvertible {
    case jobs
    case timeout
    case modulesWithoutObject
    case module(String)

    package var description: String {
        switch self {
        case .jobs: "--jobs must be between 1 and 256"
        case .modulesWithoutObject: "--module requires --object; for a probe, list modules in its manifest"
        case .module(let name): "'\(name)' is not the name of a kernel module: use letters, digits, '-' and '_'"
        case .timeout: "--timeout must be between 1 and 86400 seconds"
        }
    }
}

extension ProjectManifest {
    /// Checks that each pattern of its key `kernels` matches an existing kernel.
    package static func check(of patterns: [Placed<String>]) -> @Sendable ([KernelManifest]) throws -> Void {
        { known in
            let ids = known.map(\.id.text)
            for glob in patterns where !ids.contains(where: Glob(glob.value).matches) {
                throw glob.place.wrong(
                    glob.value, expected: "a kernel id or a glob that matches one of \(ids.joined(separator: ", "))")
            }
        }
    }
}

extension ProjectManifest {
    /// The options in `loaders`, with paths relative to the directory of the file.
    ///
    /// - Throws: `ManifestError` for values that `--loader` would reject.
    fileprivate func loaderOptions() throws(ManifestError) -> [LoaderOption] {
        var options: [LoaderOption] = []
        for text in loaders {
            var option = LoaderOption(argument: text.value)
            if case .own(let name, let path) = option, !path.isEmpty {
                option = .own(name: name, path: folder.pushing(FilePath(path)).string)
            }
            do { try LoaderOption.validate(options + [option]) } catch {
                throw text.place.wrong(text.value, expected: "a value that --loader accepts: \(error)")
            }
            options.append(option)
        }
        return options
    }
}
