import MatrixModel
import SystemPackage

/// A source of modules for one kernel.
protocol ModuleSource {
    /// The modules that `name` depends on; `nil` if there is no such module.
    mutating func dependencies(of name: String) throws(KernelStoreError) -> [String]?
    func isBuiltIn(_ name: String) -> Bool
    var names: [String] { get }
    /// Writes each module, uncompressed, to `<name>.ko` in `folder`; existing files may be kept.
    mutating func extract(_ names: [String], into folder: FilePath) throws(KernelStoreError)
}

/// Modules in the order in which they have to be inserted.
struct LoadOrder {
    let kernel: KernelID
    private(set) var names: [String] = []
    private var seen: Set<String> = []

    /// Deeper than the dependencies of any driver.
    private static let depthLimit = 64

    init(kernel: KernelID) { self.kernel = kernel }

    /// Adds `name` after everything that it depends on; nothing for modules built into the kernel.
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
