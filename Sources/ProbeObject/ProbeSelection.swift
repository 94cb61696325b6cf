import FoundationEssentials
import Glibc
import HostTools
package import Manifests
package import MatrixModel
package import SystemPackage

/// A variant that is ready to load.
package struct BuiltVariant: Sendable, Hashable {
    package var probe: String
    package var variant: String
    /// The object, with absolute file names if they were found; `nil` without an object (a tracefs event or a user's
    /// program).
    package var object: ObjectFile?
    /// A user's executable instead of an object.
    package var executable: ProbeExecutable?
    /// Names of its programs, in the order of the object.
    package var programs: [String]
    /// The stages after the load; `nil` to stop there.
    package var plan: StagePlan?
    /// As specified in its manifest.
    package var settings: ProbeSettings
    /// Empty for an object without a manifest, which is expected to pass.
    package var expectations: [Expectation]
    /// Why it cannot be compiled on this machine, which proves nothing about the variant; there is no object in this
    /// case.
    package var obstacle: String?
    /// Its source files: if one of them changes, the variant may change.
    ///
    /// Includes headers of the system.
    package var files: [FilePath]

    /// The only loader for a variant without an object.
    package var ownLoader: String? {
        if executable != nil { return "exec" }
        return if case .tracefs = plan?.subject { "tracefs" } else { nil }
    }

    package init(
        probe: String, variant: String, object: ObjectFile?, executable: ProbeExecutable? = nil, programs: [String],
        plan: StagePlan? = nil, settings: ProbeSettings, expectations: [Expectation], files: [FilePath] = []
    ) {
        self.probe = probe
        self.variant = variant
        self.object = object
        self.executable = executable
        self.programs = programs
        self.plan = plan
        self.settings = settings
        self.expectations = expectations
        self.files = files
    }

    /// A description for people.
    fileprivate var madeFrom: String {
        (object?.path ?? executable?.program).map { "\($0)" } ?? "a tracefs event of the manifest"
    }
}

extension BuiltVariant {
    /// - Throws: `ManifestError` if the manifest refers to something that `object` does not have.
    init(_ variant: ProbeVariant, of probe: ProbeManifest, object: ObjectFile) throws(ManifestError) {
        let programs = object.programs.map(\.name)
        self.init(
            probe: probe.name, variant: variant.name,
            object: object.findingFiles(compiledIn: variant.origin.folders(in: probe)), programs: programs,
            plan: try variant.settings.stages.plan(
                programs: programs, tailCalled: object.tailCalled, maps: object.maps,
                firesAlone: object.programs.contains(where: \.firesAlone)),
            settings: variant.settings, expectations: variant.expectations)
        if settings.trialSizes { plan = .withTrialSizes(plan) }
        plan = .setting(try settings.mapSettings(for: object.maps), in: plan)
    }

    /// A variant that cannot be compiled here, and is therefore not measured.
    init(_ variant: ProbeVariant, of probe: ProbeManifest, obstacle: String?) {
        self.init(
            probe: probe.name, variant: variant.name, object: nil, programs: [], settings: variant.settings,
            expectations: variant.expectations)
        self.obstacle = obstacle
    }

    init(_ variant: ProbeVariant, of probe: ProbeManifest, tracefs: TracefsEvent) throws(ManifestError) {
        self.init(
            probe: probe.name, variant: variant.name, object: nil, programs: [tracefs.symbol],
            plan: try variant.settings.stages.plan(tracefs), settings: variant.settings.withoutLoaders,
            expectations: variant.expectations)
    }

    init(_ variant: ProbeVariant, of probe: ProbeManifest, executable: ProbeExecutable) {
        self.init(
            probe: probe.name, variant: variant.name, object: nil, executable: executable,
            programs: [executable.program.lastComponent?.string ?? ""], settings: variant.settings.withoutLoaders,
            expectations: variant.expectations, files: [executable.program])
    }

    /// `x/foo.bpf.o` is the variant `object` of the probe `foo`.
    init(unlisted object: ObjectFile, modules: [String]) {
        let name = object.path.lastComponent?.string ?? ""
        let suffix = [".bpf.o", ".o"].first { name.hasSuffix($0) && name != $0 } ?? ""
        self.init(
            probe: String(name.dropLast(suffix.count)), variant: "object",
            object: object.findingFiles(compiledIn: [object.path.removingLastComponent(), FilePath(".")]),
            programs: object.programs.map(\.name), settings: .modules(modules), expectations: [],
            files: [object.path])
    }
}

extension ProbeSettings {
    /// For a variant with its own loader.
    fileprivate var withoutLoaders: ProbeSettings {
        var settings = self
        settings.loaders = nil
        return settings
    }

    fileprivate static func modules(_ modules: [String]) -> ProbeSettings {
        var settings = ProbeSettings.none
        settings.modules = modules
        return settings
    }

    /// - Throws: `ManifestError` for a map that is not among `maps`, the maps of the object.
    fileprivate func mapSettings(for maps: [String]) throws(ManifestError) -> [MapSetting] {
        for setting in self.maps where !maps.contains(setting.value.map) {
            let known = maps.isEmpty ? "no 'maps': the object has none" : "one of the object's maps: "
            throw setting.place.wrong(setting.value.map, expected: known + maps.joined(separator: ", "))
        }
        return self.maps.map(\.value)
    }
}

extension ProbeVariant.Origin {
    /// The folders in which its compiler may have run.
    fileprivate func folders(in probe: ProbeManifest) -> [FilePath] {
        switch self {
        case .source, .tracefs, .exec: [probe.folder]
        case .object(let path): [path.removingLastComponent(), probe.folder, FilePath(".")]
        }
    }
}

extension ObjectFile.Program {
    /// Iterators are read, and clocks fire by themselves.
    fileprivate var firesAlone: Bool {
        ["iter/", "iter.s/", "perf_event"].contains(where: section.hasPrefix)
    }
}

/// A mistake in what a user selected.
package enum ProbeSelectionError: Error, Equatable, CustomStringConvertible {
    case matchesNothing(option: String, glob: String, known: [String])
    case sameName(probe: String, variant: String, first: String, second: String)

    package var description: String {
        switch self {
        case .matchesNothing(let option, let glob, let known):
            "\(option) '\(glob)' matches nothing; available: \(known.joined(separator: ", "))"
        case .sameName(let probe, let variant, let first, let second):
            "\(first) and \(second) are both named \(probe)/\(variant); rename one"
        }
    }
}

/// The probes, variants and objects that a run or `probes build` selects.
package struct ProbeSelection: Sendable {
    package var probes: [Glob]
    package var variants: [Glob]
    package var objects: [FilePath]
    /// Kernel modules that `objects` need.
    package var modules: [String]
    /// The environment in which compilers are found.
    var environment = ProcessInfo.processInfo.environment

    /// - Parameters:
    ///   - probes: Empty for all, unless there are `objects`.
    ///   - variants: Empty for all.
    ///   - objects: Objects without a manifest; if given without probes, only they are selected.
    ///   - modules: Kernel modules that `objects` need, written with `_`.
    package init(
        probes: [Glob] = [], variants: [Glob] = [], objects: [FilePath] = [], modules: [String] = []
    ) {
        self.modules = modules
        self.probes = probes
        self.variants = variants
        self.objects = objects
    }

    /// Builds what is selected.
    ///
    /// - Parameters:
    ///   - folder: Where the manifests are; not read when only objects are selected.
    ///   - cache: The folder of caches, for what is compiled.
    /// - Returns: By probe name, variants in the order of their manifest, then the objects in the given order.
    /// - Throws: `ProbeSelectionError`, `ManifestError`, `ProbeObjectError`; the first that is wrong.
    package func build(folder: FilePath, cache: FilePath) async throws -> [BuiltVariant] {
        try await build(cache: cache) { try ProbeCatalogue(folder: folder).probes }
    }

    /// Builds the selected variants of `catalogue`, which is not called if only objects are selected.
    package func build(cache: FilePath, of catalogue: () throws -> [ProbeManifest]) async throws -> [BuiltVariant] {
        var built = try objects.map { try BuiltVariant(unlisted: ObjectFile($0), modules: modules) }
        if objects.isEmpty || !probes.isEmpty || !variants.isEmpty {
            let chosen = try choose(from: catalogue())
            built = try await Self.build(chosen, cache: cache, environment: environment) + built
        }
        try Self.checkNames(of: built)
        return built
    }

    /// Builds every variant of one probe.
    package static func build(_ probe: ProbeManifest, cache: FilePath) async throws -> [BuiltVariant] {
        try await build(
            probe.variants.map { (probe, $0) }, cache: cache, environment: ProcessInfo.processInfo.environment)
    }

    /// The selected variants of `catalogue`.
    func choose(from catalogue: [ProbeManifest]) throws(ProbeSelectionError) -> [(ProbeManifest, ProbeVariant)] {
        if let lost = probes.first(where: { glob in !catalogue.contains { glob.matches($0.name) } }) {
            throw .matchesNothing(option: "--probe", glob: "\(lost)", known: catalogue.map(\.name))
        }
        let probes = catalogue.filter { probe in
            self.probes.isEmpty || self.probes.contains { $0.matches(probe.name) }
        }
        let all = probes.flatMap { probe in probe.variants.map { (probe, $0) } }
        if let lost = variants.first(where: { glob in !all.contains { glob.matches($0.1.name) } }) {
            throw .matchesNothing(option: "--variant", glob: "\(lost)", known: Set(all.map(\.1.name)).sorted())
        }
        return all.filter { choice in variants.isEmpty || variants.contains { $0.matches(choice.1.name) } }
    }

    /// Without clang, nothing can be measured; without rustc, only the few variants that need it have an obstacle.
    private static func build(
        _ chosen: [(ProbeManifest, ProbeVariant)], cache: FilePath, environment: [String: String]
    ) async throws -> [BuiltVariant] {
        let sources = chosen.compactMap { if case .source(let source, _, _) = $0.1.origin { source } else { nil } }
        let facts = HostFacts(folder: cache)
        let compiler =
            sources.isEmpty ? nil : try await ProbeCompiler.find(environment: environment, facts: facts)
        var rust: RustCompiler?
        var obstacle: String?
        if let compiler, sources.contains(where: \.isRust) {
            do {
                rust = try await .find(assembler: compiler, environment: environment, facts: facts)
            } catch ProbeObjectError.noRustCompiler(let tried) {
                obstacle = "\(ProbeObjectError.noRustCompiler(tried: tried))"
            }
        }
        let (builder, lack) = (ProbeBuilder(cache: cache, compiler: compiler, rust: rust), obstacle)
        let width = ProcessInfo.processInfo.activeProcessorCount
        return try await chosen.concurrentMap(width: width) { probe, variant in
            switch variant.origin {
            case .tracefs(let event): return try BuiltVariant(variant, of: probe, tracefs: event)
            case .exec(let executable):
                var built = BuiltVariant(variant, of: probe, executable: executable)
                built.files = [executable.program] + executable.files.map(\.host)
                return built
            case .object(let path):
                let object = try builder.object(ObjectFile(path), setting: variant, in: probe)
                var built = try BuiltVariant(variant, of: probe, object: object)
                built.files = [path]
                return built
            case .source(let source, _, _) where source.isRust && lack != nil:
                return BuiltVariant(variant, of: probe, obstacle: lack)
            case .source(let source, let cpu, let flags):
                let object = try await builder.object(
                    from: source, cpu, flags: flags, variant: variant.name, in: probe)
                let set = try builder.object(object, setting: variant, in: probe)
                var built = try BuiltVariant(variant, of: probe, object: set)
                built.files = builder.inputs(of: variant.name, in: probe)
                return built
            }
        }
    }

    private static func checkNames(of built: [BuiltVariant]) throws(ProbeSelectionError) {
        var seen: [String: BuiltVariant] = [:]
        for variant in built {
            if let other = seen.updateValue(variant, forKey: "\(variant.probe)/\(variant.variant)") {
                throw .sameName(
                    probe: variant.probe, variant: variant.variant, first: other.madeFrom, second: variant.madeFrom)
            }
        }
    }
}
