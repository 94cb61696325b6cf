import MatrixModel
import SystemPackage

/// Where the modules of one kernel are looked for.
protocol ModuleSource {
    /// On which modules `name` depends; `nil` when there is no such module.
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

/// Modules in a folder like `lib/modules/<release>`, which may change from run to run: nothing is remembered of it.
struct ModuleFolder: ModuleSource {
    let kernel: KernelID
    private let files: [String: FilePath]
    private let builtIn: Set<String>

    private static let depthLimit = 32
    private static let fileLimit = 200_000

    /// `folder` is that folder itself, or one that it lies in, as `lib/modules` and the root of a file system are.
    init(_ folder: FilePath, release: String, kernel: KernelID) throws(KernelStoreError) {
        self.kernel = kernel
        guard try Files.status(folder)?.type == .directory else {
            throw .moduleFolderGone(kernel, folder: folder)
        }
        var root = folder
        for prefix in ["lib/modules", "usr/lib/modules", ""] where !release.isEmpty {
            let candidate = folder.pushing(FilePath(prefix)).appending(release)
            guard try Files.status(candidate)?.type == .directory else { continue }
            root = candidate
            break
        }
        var files: [String: FilePath] = [:]
        var count = 0
        try Self.walk(root, depth: 0, count: &count) { file in
            if let name = ModuleName.ofFile(file.string) { files[name] = file }
        }
        guard !files.isEmpty else { throw .noModules(file: folder) }
        self.files = files
        let list = try Files.readIfThere(root.appending("modules.builtin")) ?? []
        builtIn = ModuleIndex.builtIn(in: String(decoding: list, as: UTF8.self))
    }

    /// Follows no link: `build` and `source` lead to whole source trees.
    private static func walk(
        _ folder: FilePath, depth: Int, count: inout Int, _ visit: (FilePath) -> Void
    ) throws(KernelStoreError) {
        guard depth < depthLimit else { return }
        for name in try Files.names(in: folder) {
            count += 1
            guard count <= fileLimit else { throw .noModules(file: folder) }
            let path = folder.appending(name)
            switch (try? Stat(path, followTargetSymlink: false))?.type {
            case .directory: try walk(path, depth: depth + 1, count: &count, visit)
            case .regular: visit(path)
            default: continue
            }
        }
    }

    func dependencies(of name: String) throws(KernelStoreError) -> [String]? {
        guard let file = files[name] else { return nil }
        guard let info = ModuleInfo(module: try bytes(of: name, at: file)) else {
            throw .damagedModule(kernel, name: name)
        }
        return info.dependencies
    }

    func isBuiltIn(_ name: String) -> Bool { builtIn.contains(name) }
    var names: [String] { Array(files.keys) }

    func extract(_ names: [String], into folder: FilePath) throws(KernelStoreError) {
        for name in names {
            guard let file = files[name] else { continue }
            try Files.write(try bytes(of: name, at: file), to: folder.appending("\(name).ko"))
        }
    }

    private func bytes(of name: String, at file: FilePath) throws(KernelStoreError) -> [UInt8] {
        guard try Files.status(file)?.size ?? 0 <= KernelLimits.moduleMiB << 20 else {
            throw .tooLarge(file: file, limitMiB: KernelLimits.moduleMiB)
        }
        let bytes = try Files.readIfThere(file) ?? []
        guard let unpacked = try? ModuleFile(bytes: bytes).unpacked() else {
            throw .damagedModule(kernel, name: name)
        }
        return unpacked
    }
}
