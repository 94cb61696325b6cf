import SystemPackage

/// One pass over a package: the newest kernel in it and its config, written to files of our own naming.
struct PackageScan {
    /// The package, for what is said about it.
    let package: FilePath
    /// Where to write; empty at first.
    let folder: FilePath

    private(set) var image: Found?
    private var configs: [(release: String, file: FilePath)] = []
    private(set) var imageCount = 0
    private var fileCount = 0

    struct Found {
        /// In the package.
        let path: [Substring]
        let release: String
        let rank: KernelRank
        let file: FilePath
    }

    private static let configLimit = 16

    init(package: FilePath, folder: FilePath) {
        self.package = package
        self.folder = folder
    }

    /// The config of the kernel that was found: of its release, else the only one there is.
    var config: FilePath? {
        configs.first { $0.release == image?.release }?.file ?? (configs.count == 1 ? configs.first?.file : nil)
    }

    /// Stops behind the image's folder: `config*` sorts before `vmlinuz*`, and the modules after it are most of a package.
    mutating func run(over tree: borrowing ArchiveReader) throws {
        while let entry = try tree.next() {
            let components = entry.components
            if let image, !components.starts(with: image.path.dropLast()) { return }
            guard entry.kind == .file, let path = KernelPath(inPackage: components) else { continue }
            switch path.role {
            case .config where configs.count < Self.configLimit && entry.size <= KernelLimits.configMiB << 20:
                let file = nextFile()
                try tree.write(entry, of: package, to: file, limitMiB: KernelLimits.configMiB)
                configs.append((path.release, file))
            case .image(let isUnpacked):
                imageCount += 1
                let rank = KernelRank(release: path.release, isUnpacked: isUnpacked)
                if let image, rank <= image.rank { continue }
                let file = nextFile()
                let limit = isUnpacked ? KernelLimits.unpackedImageMiB : KernelLimits.imageMiB
                try tree.write(entry, of: package, to: file, limitMiB: limit)
                if let image { Files.remove(image.file) }
                image = Found(path: components, release: path.release, rank: rank, file: file)
            default: continue
            }
        }
    }

    private mutating func nextFile() -> FilePath {
        fileCount += 1
        return folder.appending("found-\(fileCount)")
    }
}
