import SystemPackage

/// The files of a container image, by their names in its layout.
protocol ContainerBlobs {
    /// `nil` if it does not exist or is not a regular file.
    func file(named name: String) throws(KernelStoreError) -> FilePath?
}

/// A layout that is a folder.
struct LayoutFolder: ContainerBlobs {
    let folder: FilePath

    func file(named name: String) throws(KernelStoreError) -> FilePath? {
        let components = ArchivePath.components(of: name)
        guard !components.isEmpty, !components.contains("..") else { return nil }
        let path = components.reduce(folder) { $0.appending(String($1)) }
        // A link may lead anywhere, so it does not count as a file of the layout.
        let status = try? Stat(path, followTargetSymlink: false)
        return status?.type == .regular ? path : nil
    }
}

/// A layout, or the output of `docker save`, in a tar archive: unpacked into files with names chosen here.
struct LayoutArchive: ContainerBlobs {
    private static let fileLimit = 4096
    private static let hopLimit = 8

    private var files: [[Substring]: FilePath] = [:]
    private var links: [[Substring]: [Substring]] = [:]

    /// Unpacks `archive` into the empty `folder`.
    init(_ archive: FilePath, into folder: FilePath) throws(KernelStoreError) {
        do {
            let reader = try ArchiveReader.open(archive, .tar)
            while let entry = try reader.next() {
                let components = entry.components
                switch entry.kind {
                case .file:
                    guard files.count < Self.fileLimit else {
                        throw ArchiveProblem.tooManyEntries(limit: Self.fileLimit)
                    }
                    let file = folder.appending("blob-\(files.count)")
                    try reader.write(entry, of: archive, to: file, limitMiB: Int(ArchiveReader.unpackedLimitMiB))
                    files[components] = file
                case .link(let target, let isHard) where links.count < Self.fileLimit:
                    // `docker save` links layers that several images share.
                    links[components] = ArchivePath.resolved(target, from: isHard ? [] : Array(components.dropLast()))
                default: continue
                }
            }
        } catch let problem as ArchiveProblem {
            throw problem.about(archive)
        } catch {
            throw error as? KernelStoreError ?? .unwritable(file: folder, errno: error as? Errno ?? .ioError)
        }
    }

    func file(named name: String) -> FilePath? {
        var components = ArchivePath.components(of: name)
        for _ in 0..<Self.hopLimit {
            if let file = files[components] { return file }
            guard let target = links[components] else { return nil }
            components = target
        }
        return nil
    }
}

extension ArchivePath {
    /// The target of `target` relative to the folder `base`, never above the root.
    static func resolved(_ target: String, from base: [Substring]) -> [Substring] {
        var path = target.hasPrefix("/") ? [] : base
        for component in components(of: target) {
            if component == ".." { _ = path.popLast() } else { path.append(component) }
        }
        return path
    }
}
