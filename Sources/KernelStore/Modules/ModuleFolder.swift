import MatrixModel
import SystemPackage

/// Modules in a folder like `lib/modules/<release>`, which may change between runs, so nothing is cached.
struct ModuleFolder: ModuleSource {
    let kernel: KernelID
    private let files: [String: FilePath]
    private let builtIn: Set<String>

    private static let depthLimit = 32
    private static let fileLimit = 200_000

    /// `folder` is that folder itself, or one of its parents, such as `lib/modules` or the root of a file system.
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

    /// Follows no links, because `build` and `source` lead to whole source trees.
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
