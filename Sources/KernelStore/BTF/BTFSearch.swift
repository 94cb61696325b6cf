import FoundationEssentials
import SystemPackage

/// Finds the BTF of a kernel in the layouts that people use.
///
/// A folder or archive has the layout of BTFHub (github.com/aquasecurity/btfhub-archive): `<release>.btf`, possibly in
/// an archive `<release>.btf.tar.xz`, in folders for distribution, version and machine. The output of
/// `bpftool gen min_core_btf` and BTFGen uses these names, too.
struct BTFSearch {
    let source: FilePath
    /// As printed by `uname -r`.
    let release: String
    var limitMiB = KernelLimits.btfMiB

    struct Found {
        var bytes: [UInt8]
        var origin: String
    }

    /// BTFHub's archive has four levels.
    private static let depthLimit = 8
    private static let otherMachines: Set<String> = ["arm64", "aarch64"]

    /// - Throws: `KernelStoreError`: `unreadable`, `noBTF`, `ambiguousBTF`, `notBTF`, `damagedPackage`, `tooLarge`.
    func find() throws(KernelStoreError) -> Found {
        guard let status = try Files.status(source) else {
            throw .unreadable(file: source, errno: .noSuchFileOrDirectory)
        }
        guard status.type == .directory else { return try read(source) }
        guard let one = try theOne(of: try files(in: source, depth: 0).map(read)) else {
            throw .noBTF(file: source, release: release)
        }
        return one
    }

    /// The only BTF among `found`; files with the same content count as one.
    private func theOne(of found: [Found]) throws(KernelStoreError) -> Found? {
        guard let first = found.first else { return nil }
        guard found.allSatisfy({ $0.bytes == first.bytes }) else {
            throw .ambiguousBTF(file: source, release: release, candidates: found.map(\.origin))
        }
        return first
    }

    /// The files below `folder` that are named after the release, without following links to folders.
    private func files(in folder: FilePath, depth: Int) throws(KernelStoreError) -> [FilePath] {
        guard depth < Self.depthLimit else { return [] }
        var files: [FilePath] = []
        for name in try Files.names(in: folder) {
            let path = folder.appending(name)
            if isOfRelease(name) {
                files.append(path)
            } else if !Self.otherMachines.contains(name),
                (try? Stat(path, followTargetSymlink: false))?.type == .directory
            {
                files += try self.files(in: path, depth: depth + 1)
            }
        }
        return files
    }

    /// Whether the file is `<release>.btf`, or an archive or a compressed file that contains it.
    private func isOfRelease(_ name: String) -> Bool {
        name == "\(release).btf" || name.hasPrefix("\(release).btf.")
    }

    private func read(_ file: FilePath) throws(KernelStoreError) -> Found {
        // Opening a pipe would block until something writes to it.
        guard let status = try Files.status(file), status.type == .regular else { throw .notBTF(file: file) }
        let start = try Files.readStart(of: file, limit: 4)
        if BTFFile.isBTF(start) || BTFFile.isELF(start) {
            guard status.size <= limitMiB << 20 else { throw .tooLarge(file: file, limitMiB: limitMiB) }
            let bytes = try Files.readIfThere(file) ?? []
            return Found(bytes: try BTFFile.raw(bytes, in: file), origin: file.string)
        }
        return try unpack(file)
    }

    /// Takes the BTF out of a tar archive or a single compressed file.
    private func unpack(_ file: FilePath) throws(KernelStoreError) -> Found {
        do {
            do {
                if let found = try inArchive(file) { return found }
            } catch ArchiveProblem.unreadable {
                // It may be a compressed file.
                return try compressed(file)
            }
            throw KernelStoreError.noBTF(file: file, release: release)
        } catch let problem as ArchiveProblem {
            throw problem.about(file)
        } catch {
            throw error as? KernelStoreError ?? .unreadable(file: file, errno: error as? Errno ?? .ioError)
        }
    }

    private func compressed(_ file: FilePath) throws -> Found {
        let reader = try ArchiveReader.open(file, .raw)
        guard let entry = try reader.next() else { throw KernelStoreError.notBTF(file: file) }
        let bytes = try reader.bytes(of: entry, in: file, limitMiB: limitMiB)
        return Found(bytes: try BTFFile.raw(bytes, in: file), origin: file.string)
    }

    /// The file for this release, or else the only file; `nil` if there are several for other releases.
    private func inArchive(_ file: FilePath) throws -> Found? {
        let reader = try ArchiveReader.open(file, .tar)
        var ofRelease: [Found] = []
        var others: (first: Found?, count: Int) = (nil, 0)
        while let entry = try reader.next() {
            guard entry.kind == .file, let name = entry.components.last.map(String.init),
                !entry.components.contains(where: { Self.otherMachines.contains(String($0)) })
            else { continue }
            let isOfRelease = isOfRelease(name)
            guard isOfRelease || name.hasSuffix(".btf") else { continue }
            if !isOfRelease { others.count += 1 }
            guard isOfRelease || others.count == 1 else { continue }
            let found = Found(
                bytes: try BTFFile.raw(bytes(of: entry, named: name, in: reader, file), in: file),
                origin: "\(file): \(entry.path)")
            if isOfRelease { ofRelease.append(found) } else { others.first = found }
        }
        return try theOne(of: ofRelease) ?? (others.count == 1 ? others.first : nil)
    }

    /// The content of `<release>.btf`, which may be inside an archive of its own.
    private func bytes(
        of entry: ArchiveEntry, named name: String, in reader: borrowing ArchiveReader, _ file: FilePath
    ) throws -> [UInt8] {
        guard !name.hasSuffix(".btf") else { return try reader.bytes(of: entry, in: file, limitMiB: limitMiB) }
        return try reader.withTar { inner in
            while let entry = try inner.next() {
                guard entry.kind == .file, entry.path.hasSuffix(".btf") else { continue }
                return try inner.bytes(of: entry, in: file, limitMiB: limitMiB)
            }
            return []
        }
    }
}

extension ArchiveReader {
    /// Reads `entry`, which must be the current one; if it is too large, the error names `archive`.
    fileprivate func bytes(of entry: ArchiveEntry, in archive: FilePath, limitMiB: Int) throws -> [UInt8] {
        var bytes: [UInt8] = []
        try forEachBlock { block in
            guard bytes.count + block.count <= limitMiB << 20 else {
                throw KernelStoreError.tooLarge(file: archive, limitMiB: limitMiB)
            }
            bytes += block
        }
        return bytes
    }
}
