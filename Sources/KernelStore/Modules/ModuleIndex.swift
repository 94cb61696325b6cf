import MatrixModel
import SystemPackage

/// The modules in a kernel's packages, and the dependencies of each.
struct ModuleIndex: Codable, Equatable {
    struct Entry: Codable, Equatable {
        /// The archive, by its position among the stored ones.
        var archive: Int
        /// The path in the archive.
        var path: String
        var dependencies: [String]
    }

    /// By name, `_` for every `-`.
    private(set) var modules: [String: Entry] = [:]
    private(set) var builtIn: Set<String> = []
    private static let moduleLimit = 50_000

    /// Reads each of `archives` once; modules in a later archive replace those in earlier ones.
    ///
    /// - Returns: `nil` if the archives contain modules neither of `release` nor of a single other release.
    static func build(from archives: [FilePath], release: String) throws(KernelStoreError) -> ModuleIndex? {
        var found: [String: ModuleIndex] = [:]
        for (number, archive) in archives.enumerated() {
            let added = try PackageFile(file: archive).scan { tree in try read(tree, of: archive, number: number) }
            for (release, index) in added {
                found[release, default: ModuleIndex()].modules.merge(index.modules) { $1 }
                found[release, default: ModuleIndex()].builtIn.formUnion(index.builtIn)
            }
        }
        found = found.filter { !$0.value.modules.isEmpty }
        return found[release] ?? (found.count == 1 ? found.values.first : nil)
    }

    private static func read(
        _ tree: borrowing ArchiveReader, of archive: FilePath, number: Int
    ) throws -> [String: ModuleIndex] {
        var found: [String: ModuleIndex] = [:]
        var count = 0
        var unpacked = 0
        while let entry = try tree.next() {
            guard entry.kind == .file, let path = KernelPath(inImage: entry.components) else { continue }
            switch path.role {
            case .module:
                count += 1
                guard count <= moduleLimit else { throw ArchiveProblem.tooManyEntries(limit: moduleLimit) }
                let module = try ModuleFile(bytes: tree.bytes(of: entry, in: archive)).unpacked()
                unpacked += module.count
                guard unpacked <= ArchiveReader.unpackedLimitMiB << 20 else {
                    throw ArchiveProblem.tooLarge(limitMiB: Int(ArchiveReader.unpackedLimitMiB))
                }
                guard let name = ModuleName.ofFile(entry.path), let info = ModuleInfo(module: module) else { continue }
                found[path.release, default: ModuleIndex()].modules[name] = Entry(
                    archive: number, path: entry.path, dependencies: info.dependencies)
            case .builtInModules:
                let text = String(decoding: try tree.bytes(of: entry, in: archive), as: UTF8.self)
                found[path.release, default: ModuleIndex()].builtIn = builtIn(in: text)
            case .image, .config: continue
            }
        }
        return found
    }

    /// The names in a `modules.builtin`.
    static func builtIn(in text: String) -> Set<String> {
        Set(text.split(separator: "\n").compactMap { ModuleName.ofFile($0) })
    }
}

/// A module as shipped, possibly compressed.
struct ModuleFile {
    let bytes: [UInt8]

    /// Throws `ArchiveProblem` if it cannot be unpacked or is too large.
    func unpacked() throws -> [UInt8] {
        guard !bytes.starts(with: "\u{7F}ELF".utf8) else { return bytes }
        return try ArchiveReader.withBytes(bytes) { reader in
            guard try reader.next() != nil else { return [] }
            return try reader.bytes()
        }
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
