import MatrixModel
import SystemPackage

/// Modules in packages, found through an index.
struct PackagedModules: ModuleSource {
    let kernel: KernelID
    let archives: [FilePath]
    let index: ModuleIndex

    func dependencies(of name: String) -> [String]? { index.modules[name]?.dependencies }
    func isBuiltIn(_ name: String) -> Bool { index.builtIn.contains(name) }
    var names: [String] { Array(index.modules.keys) }

    func extract(_ names: [String], into folder: FilePath) throws(KernelStoreError) {
        var missing: [String] = []
        for name in names where try Files.status(folder.appending("\(name).ko")) == nil { missing.append(name) }
        let wanted = Dictionary(grouping: missing) { index.modules[$0]?.archive ?? 0 }
        for (number, names) in wanted where number < archives.count {
            let archive = archives[number]
            var left = Set(names)
            try PackageFile(file: archive).scan { tree in
                while !left.isEmpty, let entry = try tree.next() {
                    guard let name = ModuleName.ofFile(entry.path), left.contains(name), entry.kind == .file,
                        index.modules[name]?.path == entry.path
                    else { continue }
                    let module = try ModuleFile(bytes: tree.bytes(of: entry, in: archive)).unpacked()
                    try Files.write(module, to: folder.appending("\(name).ko"))
                    left.remove(name)
                }
            }
            if let name = left.min() { throw .damagedModule(kernel, name: name) }
        }
    }
}
