package import MatrixModel

/// How a manifest's objects are loaded, and what happens then: the settings of a whole probe, of a single variant, or
/// of an entry of `objects`.
package struct ProbeSettings: Sendable, Hashable {
    /// The required kernel modules, the probe's own first, each once and written with `_`.
    package var modules: [String] = []
    /// The loaders for it; `nil` if the manifest does not list any.
    package var loaders: [Glob]?
    /// Whether complete logs are kept, regardless of their length.
    package var fullLogs = false
    /// Whether maps without a size are given one.
    package var trialSizes = false
    /// Values for global variables of the object.
    package var constants: [Placed<ObjectConstant>] = []
    /// Settings of the object's maps.
    package var maps: [Placed<MapSetting>] = []
    /// The user and capabilities with which the object is loaded.
    package var privileges: ProbePrivileges = .all
    /// Sysctls that are set during the measurement.
    package var sysctls: [KernelSetting] = []
    /// Added to the kernel's command line; empty for none.
    package var kernelArguments = ""
    /// The stages after the load.
    package var stages: ProbeStages = .none

    /// The defaults.
    package static let none = ProbeSettings()

    static let keys =
        ["modules", "loaders", "fullLogs", "trialSizes", "constants", "maps", "sysctls", "kernel-args"]
        + ProbePrivileges.keys + ProbeStages.keys

    private init() {}

    /// Reads the settings in `keys`; missing ones are taken from `shared`, and lists are appended to its lists.
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
