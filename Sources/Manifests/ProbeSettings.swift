package import MatrixModel

/// How a manifest's objects are loaded, and what happens then: the settings of a whole probe, of a single variant, or
/// of an entry of `objects`.
package struct ProbeSettings: Sendable, Hashable {
    /// Kernel modules that are needed, the probe's own first, each once and spelt with `_`.
    package var modules: [String] = []
    /// The loaders for it; `nil` if the manifest does not list any.
    package var loaders: [Glob]?
    /// Whether all of every log is kept, however long it is.
    package var fullLogs = false
    /// Whether maps without a size are given one.
    package var trialSizes = false
    /// Values for global variables of the object.
    package var constants: [Placed<ObjectConstant>] = []
    /// What is set of maps of the object.
    package var maps: [Placed<MapSetting>] = []
    /// Who loads it.
    package var privileges: ProbePrivileges = .all
    /// What is set of the kernel while it is measured.
    package var sysctls: [KernelSetting] = []
    /// Added to the kernel's command line; empty for none.
    package var kernelArguments = ""
    /// The stages past the load.
    package var stages: ProbeStages = .none

    /// What holds where a manifest says nothing.
    package static let none = ProbeSettings()

    static let keys =
        ["modules", "loaders", "fullLogs", "trialSizes", "constants", "maps", "sysctls", "kernel-args"]
        + ProbePrivileges.keys + ProbeStages.keys

    private init() {}

    /// Takes what `keys` say; where they say nothing, `shared` counts, and lists are added to its lists.
    init(_ keys: [String: ManifestNode], else shared: ProbeSettings = .none) throws(ManifestError) {
        self = shared
        stages = try ProbeStages(keys, else: shared.stages)
        if let node = keys["loaders"] { loaders = try node.loaders() }
        if let node = keys["fullLogs"] { fullLogs = try node.flag() }
        if let node = keys["trialSizes"] { trialSizes = try node.flag() }
        if let node = keys["constants"] { constants.add(try node.constants(), inPlaceOfThoseWithTheSame: \.value.name) }
        if let node = keys["maps"] { maps.add(try node.mapSettings(), inPlaceOfThoseWithTheSame: \.value.map) }
        privileges = try ProbePrivileges(keys, else: shared.privileges)
        if let node = keys["sysctls"] { sysctls.add(try node.kernelSettings(), inPlaceOfThoseWithTheSame: \.name) }
        if let node = keys["kernel-args"] {
            // If an argument occurs twice, the kernel uses the last value.
            kernelArguments = try [kernelArguments, node.kernelArguments()].filter { !$0.isEmpty }
                .joined(separator: " ")
        }
        for module in try keys["modules"]?.moduleNames() ?? [] where !modules.contains(module) {
            modules.append(module)
        }
    }
}

extension Array {
    fileprivate mutating func add(_ others: [Element], inPlaceOfThoseWithTheSame name: (Element) -> String) {
        let names = Set(others.map(name))
        self = filter { !names.contains(name($0)) } + others
    }
}
