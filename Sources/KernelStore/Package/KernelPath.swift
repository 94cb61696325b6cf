import MatrixModel

/// What a file in a package or an image is, by where it lies.
struct KernelPath: Equatable {
    enum Role: Equatable {
        case image(isUnpacked: Bool)
        case config
        case module
        /// `modules.builtin`: what would be a module was it not part of the image.
        case builtInModules
    }

    let role: Role
    /// Empty where the path names none.
    let release: String

    /// Where distributions put these, below `usr` or not: `boot/vmlinuz-<release>` up to Linux 7.1 on Debian, on Ubuntu and
    /// on el7; `lib/modules/<release>/vmlinuz` from el8 and Debian's 7.2 on.
    init?(inPackage components: [Substring]) {
        self.init(rooted: components.first == "usr" ? components.dropFirst() : components[...])
    }

    /// The same below any folder, as images have them that are made of nothing but kernels
    /// (`data/kernels/6.1/boot/vmlinuz-6.1`).
    init?(inImage components: [Substring]) {
        let root = components.indices.last { index in
            let rest = components[index...]
            return rest.first == "boot" && rest.count == 2 || rest.starts(with: ["lib", "modules"])
        }
        guard let root else { return nil }
        self.init(rooted: components[root...])
    }

    private init?(rooted names: ArraySlice<Substring>) {
        guard !names.contains(".."), let first = names.first, let last = names.last else { return nil }
        if first == "boot", names.count == 2 {
            let parts = last.split(separator: "-", maxSplits: 1)
            guard let role = Role(fileName: parts[0], in: .boot) else { return nil }
            self.role = role
            release = parts.count > 1 ? String(parts[1].droppingCompression) : ""
            return
        }
        guard names.count >= 4, names.starts(with: ["lib", "modules"]) else { return nil }
        release = String(names[names.startIndex + 2])
        if names.count == 4, let role = Role(fileName: last.droppingCompression, in: .modules) {
            self.role = role
        } else if last.droppingCompression.hasSuffix(".ko") {
            role = .module
        } else {
            return nil
        }
    }
}

extension KernelPath.Role {
    fileprivate enum Folder { case boot, modules }

    fileprivate init?(fileName name: Substring, in folder: Folder) {
        switch name {
        case "vmlinuz", "bzImage": self = .image(isUnpacked: false)
        case "vmlinux": self = .image(isUnpacked: true)
        case "config", "ikconfig": self = .config
        case "modules.builtin" where folder == .modules: self = .builtInModules
        default: return nil
        }
    }
}

extension Substring {
    /// Without the ending that tells how the file is compressed.
    var droppingCompression: Substring {
        for ending in [".gz", ".xz", ".zst", ".bz2", ".lzma", ".lz4"] where hasSuffix(ending) {
            return dropLast(ending.count)
        }
        return self
    }
}

/// Which of several kernels is the newest: by version, then by every further number of the release, and a compressed image
/// before an unpacked one of the same release.
struct KernelRank: Comparable {
    private let version: KernelRelease
    private let numbers: [Int]
    /// `6.1.0-rc3` comes before `6.1.0`.
    private let isCandidate: Bool
    private let isCompressed: Bool

    init(release: String, isUnpacked: Bool) {
        version = KernelRelease(release) ?? KernelRelease(0, 0)
        numbers = release.split { !$0.isASCII || !$0.isNumber }.map { Int($0) ?? .max }
        isCandidate = release.contains(/-rc[0-9]/)
        isCompressed = !isUnpacked
    }

    static func < (left: KernelRank, right: KernelRank) -> Bool {
        if left.version != right.version { return left.version < right.version }
        if left.isCandidate != right.isCandidate { return left.isCandidate }
        if left.numbers != right.numbers { return left.numbers.lexicographicallyPrecedes(right.numbers) }
        return !left.isCompressed && right.isCompressed
    }
}
