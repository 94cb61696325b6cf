/// The file system that the layers of an image add up to: its kernels, configs and links.
///
/// Source: opencontainers/image-spec v1.1 layer.md, "Whiteouts".
struct LayerTree {
    enum Node: Equatable {
        case file(layer: Int)
        case link(to: [Substring])
    }

    private static let nodeLimit = 20_000
    /// Anything deeper is neither a kernel nor a link to one.
    private static let depthLimit = 16
    private static let hopLimit = 40
    private static let whiteout = ".wh."
    private static let opaque = ".wh..wh..opq"

    private var nodes: [[Substring]: Node] = [:]
    /// Every folder that contains one of these files.
    private var folders: Set<[Substring]> = []
    /// The layers that contain modules.
    private(set) var moduleLayers: Set<Int> = []

    /// Applies layer `index`, which `reader` reads, on top of those before it.
    mutating func apply(_ reader: borrowing ArchiveReader, index: Int) throws(ArchiveProblem) {
        var added: [[Substring]: Node] = [:]
        while let entry = try reader.next() {
            let path = entry.components
            guard let name = path.last, path.count <= Self.depthLimit, !path.contains("..") else { continue }
            let folder = Array(path.dropLast())
            if name.elementsEqual(Self.opaque) {
                removeAll(below: folder)
                continue
            }
            if name.hasPrefix(Self.whiteout) {
                remove(folder + [name.dropFirst(Self.whiteout.count)])
                continue
            }
            if entry.kind != .folder { remove(path) }
            guard let node = node(for: entry, at: path, in: folder, layer: index) else { continue }
            guard added.count + nodes.count < Self.nodeLimit else { throw .tooManyEntries(limit: Self.nodeLimit) }
            added[path] = node
        }
        for (path, node) in added {
            nodes[path] = node
            for length in 0..<path.count { folders.insert(Array(path[..<length])) }
        }
    }

    /// `nil` for files of no interest.
    private mutating func node(
        for entry: ArchiveEntry, at path: [Substring], in folder: [Substring], layer: Int
    ) -> Node? {
        switch entry.kind {
        case .link(let target, let isHard):
            return .link(to: ArchivePath.resolved(target, from: isHard ? [] : folder))
        case .file:
            switch KernelPath(inImage: path)?.role {
            case .image, .config: return .file(layer: layer)
            case .module, .builtInModules:
                moduleLayers.insert(layer)
                return nil
            case nil: return folder.last == "boot" ? .file(layer: layer) : nil
            }
        case .folder, .other: return nil
        }
    }

    private mutating func remove(_ path: [Substring]) {
        nodes[path] = nil
        if folders.contains(path) { removeAll(below: path) }
    }

    private mutating func removeAll(below folder: [Substring]) {
        nodes = nodes.filter { !$0.key.starts(with: folder) || $0.key.count == folder.count }
    }
}

extension LayerTree {
    /// A file in the image, after following links.
    struct Found: Equatable {
        /// In layer `layer`, without links.
        let path: [Substring]
        let layer: Int
        let release: String
    }

    /// The newest kernel, and how many there are.
    func newestImage() -> (image: Found, count: Int)? {
        var images: [[Substring]: (rank: KernelRank, found: Found)] = [:]
        for path in nodes.keys {
            guard let kernel = KernelPath(inImage: path), case .image(let isUnpacked) = kernel.role,
                let target = resolve(path), case .file(let layer) = nodes[target]
            else { continue }
            let rank = KernelRank(release: kernel.release, isUnpacked: isUnpacked)
            // Of a file and the links to it, the most informative name counts.
            if let known = images[target], known.rank >= rank { continue }
            images[target] = (rank, Found(path: target, layer: layer, release: kernel.release))
        }
        let newest = images.values.max {
            $0.rank != $1.rank ? $0.rank < $1.rank : $1.found.path.lexicographicallyPrecedes($0.found.path)
        }
        return newest.map { ($0.found, images.count) }
    }

    /// The config of the same release, or else the only one.
    func config(for image: Found) -> Found? {
        let configs = nodes.keys.compactMap { path -> Found? in
            guard let kernel = KernelPath(inImage: path), kernel.role == .config, let target = resolve(path),
                case .file(let layer) = nodes[target]
            else { return nil }
            return Found(path: target, layer: layer, release: kernel.release)
        }
        let fitting = configs.filter { $0.release == image.release }
        return fitting.min { $0.path.lexicographicallyPrecedes($1.path) } ?? (configs.count == 1 ? configs.first : nil)
    }

    /// The target of `path` in the image; `nil` if it does not exist, or for a circular link.
    private func resolve(_ path: [Substring]) -> [Substring]? {
        var rest = path[...]
        var done: [Substring] = []
        var hops = 0
        while let name = rest.popFirst() {
            done.append(name)
            guard case .link(let target) = nodes[done] else { continue }
            hops += 1
            guard hops <= Self.hopLimit, target.count + rest.count <= ArchivePath.lengthLimit else { return nil }
            rest = (target + rest)[...]
            done = []
        }
        return done
    }
}
