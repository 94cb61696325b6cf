import FoundationEssentials
import HostTools
import Manifests
import MatrixModel
import SystemPackage

/// The sources of a kernel's modules, as the cache records them next to the image.
struct ModuleHolders: Codable, Equatable {
    /// Archives of the image's own package or container image, in the cache's `packages` folder.
    var own: [String] = []
    /// Archives that were named in addition to the image.
    var beside: [String] = []
    /// A folder of the user's, which is used in place.
    var folder: String?

    var archives: [String] { own + beside }
}

extension KernelCache {
    func packages(of id: KernelID) -> FilePath { place(of: id).appending("packages") }
    private func holdersFile(of id: KernelID) -> FilePath { place(of: id).appending("modules.json") }
    private func indexFile(of id: KernelID) -> FilePath { place(of: id).appending("module-index.json") }
    /// The folder of extracted modules.
    func modulesFolder(of id: KernelID) -> FilePath { place(of: id).appending("modules") }

    /// Records `sources` as the sources of modules for `id`, replacing those recorded before.
    ///
    /// - Parameters:
    ///   - sources: Packages and archives, which are copied, and at most one folder like `lib/modules/<release>`, which is
    ///     only remembered. An empty list removes the recorded sources.
    ///   - id: A kernel whose image is in the cache.
    /// - Throws: `KernelStoreError.noModules` for a file of another type, and for a folder without a module; nothing is
    ///   changed then.
    func keepModules(_ sources: [FilePath], of id: KernelID) throws(KernelStoreError) {
        var holders = try moduleHolders(of: id) ?? ModuleHolders()
        var archives: [FilePath] = []
        holders.folder = nil
        for source in sources {
            if try Files.status(source)?.type == .directory {
                try requireModules(in: source, of: id)
                holders.folder = source.string
                continue
            }
            guard try Self.mayHoldModules(source) else { throw .noModules(file: source) }
            archives.append(source)
        }
        let old = holders.beside
        holders.beside = try copy(archives, as: "beside", of: id)
        try write(holders, of: id)
        for name in old where !holders.beside.contains(name) { Files.remove(packages(of: id).appending(name)) }
    }

    /// Rejects an empty folder: with it, the modules would silently come from the kernel's own package.
    private func requireModules(in folder: FilePath, of id: KernelID) throws(KernelStoreError) {
        _ = try ModuleFolder(folder, release: try readRecord(of: id)?.release ?? "", kernel: id)
    }

    private static func mayHoldModules(_ file: FilePath) throws(KernelStoreError) -> Bool {
        do throws(KernelStoreError) {
            return switch try FileKind(of: file) {
            case .debianPackage, .rpm, .tar: true
            case .layout, .bzImage, .vmlinux, .compressedKernel: false
            }
        } catch .notAKernel {
            return false
        }
    }

    /// Records the possible sources of modules for `id`, whose image was just stored, replacing earlier records.
    func keepOwnModules(_ archives: [FilePath], of id: KernelID) throws(KernelStoreError) {
        Files.remove(packages(of: id))
        try write(ModuleHolders(own: try copy(archives, as: "own", of: id)), of: id)
    }

    /// Copies the file, because a hard link would show later changes to the original.
    private func copy(
        _ archives: [FilePath], as kind: String, of id: KernelID
    ) throws(KernelStoreError) -> [String] {
        guard !archives.isEmpty else { return [] }
        try Files.makeFolder(packages(of: id))
        var names: [String] = []
        for (number, archive) in archives.enumerated() {
            let target = packages(of: id).appending("\(kind)-\(number)")
            let new = TemporaryFolder.name(beside: target)
            try Files.copy(archive, to: new)
            try Files.move(new, to: target)
            names.append("\(kind)-\(number)")
        }
        return names
    }

    private func write(_ holders: ModuleHolders, of id: KernelID) throws(KernelStoreError) {
        Files.remove(indexFile(of: id))
        Files.remove(modulesFolder(of: id))
        try write(json: holders, to: holdersFile(of: id))
    }

    private func write(json value: some Encodable, to file: FilePath) throws(KernelStoreError) {
        do {
            try Files.write([UInt8](JSON.encode(value)), to: file)
        } catch {
            throw error as? KernelStoreError ?? .unwritable(file: file, errno: .invalidArgument)
        }
    }

    /// An unreadable record counts as missing; fetching the kernel again repairs it.
    private func read<Value: Decodable>(_: Value.Type, from file: FilePath) throws(KernelStoreError) -> Value? {
        guard let bytes = try Files.readIfThere(file) else { return nil }
        return try? JSONDecoder().decode(Value.self, from: Data(bytes))
    }

    func moduleHolders(of id: KernelID) throws(KernelStoreError) -> ModuleHolders? {
        try read(ModuleHolders.self, from: holdersFile(of: id))
    }

    /// Whether an archive with the modules of `id` is missing, or none was ever recorded; opens no archive.
    func lacksArchives(of id: KernelID) throws(KernelStoreError) -> Bool {
        guard let holders = try moduleHolders(of: id) else { return true }
        for name in holders.archives where try Files.status(packages(of: id).appending(name)) == nil { return true }
        return false
    }

    /// The index of the modules in the packages of `id`, created on first use.
    func packagedModules(of id: KernelID, release: String) throws(KernelStoreError) -> PackagedModules? {
        guard let holders = try moduleHolders(of: id), !holders.archives.isEmpty else { return nil }
        let archives = holders.archives.map { packages(of: id).appending($0) }
        if let index = try read(ModuleIndex.self, from: indexFile(of: id)) {
            return PackagedModules(kernel: id, archives: archives, index: index)
        }
        guard let index = try ModuleIndex.build(from: archives, release: release) else { return nil }
        try write(json: index, to: indexFile(of: id))
        return PackagedModules(kernel: id, archives: archives, index: index)
    }
}
