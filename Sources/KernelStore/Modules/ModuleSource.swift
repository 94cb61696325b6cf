import MatrixModel
import SystemPackage

/// Where the modules of one kernel are looked for.
protocol ModuleSource {
    /// The modules that `name` depends on; `nil` if there is no such module.
    mutating func dependencies(of name: String) throws(KernelStoreError) -> [String]?
    func isBuiltIn(_ name: String) -> Bool
    var names: [String] { get }
    /// Writes each module, uncompressed, as `<name>.ko` into `folder`; what is there already may stay.
    mutating func extract(_ names: [String], into folder: FilePath) throws(KernelStoreError)
}

/// Modules in the order in which they have to be loaded.
struct LoadOrder {
    let kernel: KernelID
    private(set) var names: [String] = []
    private var seen: Set<String> = []

    /// More than any driver stands upon.
    private static let depthLimit = 64

    init(kernel: KernelID) { self.kernel = kernel }

    /// Adds `name` behind all that it depends on; nothing for what is part of the image.
    mutating func add(
        _ name: String, from source: inout some ModuleSource, depth: Int = 0
    ) throws(KernelStoreError) {
        guard seen.insert(name).inserted else { return }
        guard let dependencies = try source.dependencies(of: name) else {
            guard !source.isBuiltIn(name) else { return }
            throw .noSuchModule(kernel, name: name, nearest: ModuleName.nearest(to: name, among: source.names))
        }
        guard depth < Self.depthLimit else { throw .damagedModule(kernel, name: name) }
        for dependency in dependencies { try add(dependency, from: &source, depth: depth + 1) }
        names.append(name)
    }
}
