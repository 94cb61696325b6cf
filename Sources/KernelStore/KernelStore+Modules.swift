package import Manifests
import MatrixModel
package import SystemPackage

/// A module that a guest can load.
package struct KernelModule: Sendable, Hashable {
    /// With `_` for every `-`.
    package let name: String
    /// An uncompressed `.ko` in the cache.
    package let path: FilePath
    /// In lower-case hexadecimal.
    package let sha256: String
}

extension KernelStore {
    /// The modules `names` of `kernel`, whose image is here, and all modules that they depend on.
    ///
    /// The first call for a kernel indexes its packages, which takes seconds.
    ///
    /// - Returns: The modules in the order in which they have to be inserted, each once, without those built into the
    ///   kernel.
    /// - Throws: `KernelStoreError.noSuchModule` for a name or dependency that the kernel does not have;
    ///   `modulesNotHere` if nothing on this machine contains its modules.
    package func modules(
        _ names: [String], of kernel: KernelManifest
    ) throws(KernelStoreError) -> [KernelModule] {
        guard !names.isEmpty else { return [] }
        guard let image = try image(of: kernel) else { throw .modulesNotHere(kernel.id) }
        if let folder = try cache.moduleHolders(of: kernel.id)?.folder {
            return try load(
                names, from: ModuleFolder(FilePath(folder), release: image.releaseLabel, kernel: kernel.id),
                of: kernel.id)
        }
        guard let packages = try cache.packagedModules(of: kernel.id, release: image.releaseLabel) else {
            throw .modulesNotHere(kernel.id)
        }
        return try load(names, from: packages, of: kernel.id)
    }

    private func load(
        _ names: [String], from source: some ModuleSource, of id: KernelID
    ) throws(KernelStoreError) -> [KernelModule] {
        var source = source
        var order = LoadOrder(kernel: id)
        for name in names { try order.add(ModuleName.normal(name), from: &source) }
        let folder = cache.modulesFolder(of: id)
        try Files.makeFolder(folder)
        try source.extract(order.names, into: folder)
        var modules: [KernelModule] = []
        for name in order.names {
            let path = folder.appending("\(name).ko")
            modules.append(KernelModule(name: name, path: path, sha256: try Files.digest(of: path)))
        }
        return modules
    }
}
