import SystemPackage

/// Extracts a kernel from a file whose type is detected from its content, and turns it into one that boots.
struct ImageExtractor {
    let file: FilePath

    /// The files written to the given folder.
    struct Extracted {
        /// A bzImage.
        let image: FilePath
        let config: FilePath?
        /// Of the image.
        let sha256: String
        let header: BzImage
        /// The kernel's position in the file if there were several, for people.
        let choice: String?
        /// The possible sources of the kernel's modules: the package itself, or layers of the container image, lowest
        /// first.
        let moduleArchives: [FilePath]
    }

    /// Writes `vmlinuz`, and `config` if there is one, into the empty `folder`.
    ///
    /// - Throws: `KernelStoreError`; the caller then removes what was written to `folder` so far.
    func extract(into folder: FilePath) throws(KernelStoreError) -> Extracted {
        let kernel = try packed(into: folder)
        let image = folder.appending("vmlinuz")
        try makeBootable(kernel, into: image, folder: folder)
        let header = try header(of: image)
        var config = kernel.config
        let target = folder.appending("config")
        if let found = config {
            config = try ConfigFile(file: found, owner: file).unpack(to: target)
        } else {
            config = EmbeddedConfig(image: image, header: header, folder: folder).extract(to: target)
        }
        return Extracted(
            image: image, config: config, sha256: try Files.digest(of: image), header: header, choice: kernel.choice,
            moduleArchives: kernel.moduleArchives)
    }

    /// A kernel in its packaged form.
    struct Packed {
        var file: FilePath
        /// Whether `file` is a temporary copy.
        var isOurs = true
        var config: FilePath?
        var choice: String?
        var moduleArchives: [FilePath] = []
    }

    private func packed(into folder: FilePath) throws(KernelStoreError) -> Packed {
        switch try FileKind(of: file) {
        case .bzImage, .vmlinux, .compressedKernel: return Packed(file: file, isOurs: false)
        case .debianPackage, .rpm: return try fromPackage(into: folder)
        case .layout: return try fromContainer(LayoutFolder(folder: file), into: folder)
        case .tar:
            let blobs = folder.appending("blobs")
            try Files.makeFolder(blobs)
            return try fromContainer(LayoutArchive(file, into: blobs), into: folder)
        }
    }

    private func fromPackage(into folder: FilePath) throws(KernelStoreError) -> Packed {
        let scan = try PackageFile(file: file).scan { tree in
            var scan = PackageScan(package: file, folder: folder)
            try scan.run(over: tree)
            return scan
        }
        guard let image = scan.image else { throw .noKernelInPackage(file: file) }
        var packed = Packed(file: image.file, config: scan.config, moduleArchives: [file])
        if scan.imageCount > 1 { packed.choice = "\(image.path.joined(separator: "/")) of \(scan.imageCount) kernels" }
        return packed
    }

    /// Writes the kernel in `packed` to `image`: decompressed, and wrapped unless it is a bzImage.
    private func makeBootable(_ packed: Packed, into image: FilePath, folder: FilePath) throws(KernelStoreError) {
        var source = packed.file
        var isOurs = packed.isOurs
        if try kind(of: source, packed) == .compressedKernel {
            let unpacked = folder.appending("unpacked-kernel")
            try CompressedFile(file: source, owner: file).unpack(
                to: unpacked, limitMiB: KernelLimits.unpackedImageMiB)
            (source, isOurs) = (unpacked, true)
        }
        switch try kind(of: source, packed) {
        case .vmlinux:
            do throws(KernelStoreError) {
                try VmlinuxWrapper(file: source).wrap(into: image)
            } catch .unbootable(_, let problem) {
                throw .unbootable(file: file, problem)
            }
        case .bzImage:
            guard isOurs else {
                let limit = Int64(KernelLimits.imageMiB) << 20
                guard try Files.status(source)?.size ?? 0 <= limit else {
                    throw .tooLarge(file: file, limitMiB: KernelLimits.imageMiB)
                }
                try Files.copy(source, to: image)
                return
            }
            try Files.move(source, to: image)
        default: throw noKernel
        }
    }

    /// The error that `file`, which is not a kernel itself, contains none.
    private var noKernel: KernelStoreError {
        switch try? FileKind(of: file) {
        case .tar, .layout: .noKernelInImage(file: file)
        default: .noKernelInPackage(file: file)
        }
    }

    /// If the file at a kernel's usual path is not a kernel, the package counts as one without a kernel.
    private func kind(of source: FilePath, _ packed: Packed) throws(KernelStoreError) -> FileKind {
        do throws(KernelStoreError) {
            return try FileKind(of: source)
        } catch .notAKernel where packed.isOurs {
            throw noKernel
        }
    }

    private func header(of image: FilePath) throws(KernelStoreError) -> BzImage {
        guard let header = BzImage(header: try Files.readStart(of: image, limit: BzImage.headerLimit)) else {
            throw noKernel
        }
        let size = try Files.status(image)?.size ?? 0
        guard size >= header.minimumSize else {
            throw .cutShort(file: file, expected: header.minimumSize, found: size)
        }
        if let payload = header.payload, payload.upperBound > header.minimumSize {
            throw .unbootable(file: file, .payload)
        }
        return header
    }

    /// Writes `config` into the empty `folder`; `nil` if the file, a package or a config, contains none.
    func extractConfig(into folder: FilePath) throws(KernelStoreError) -> FilePath? {
        let target = folder.appending("config")
        let kind: FileKind
        do throws(KernelStoreError) {
            kind = try FileKind(of: file)
        } catch .notAKernel {
            return try ConfigFile(file: file, owner: file).unpackIfConfig(to: target)
        }
        guard kind == .debianPackage || kind == .rpm else { return nil }
        let found = folder.appending("found-config")
        let isFound = try PackageFile(file: file).scan { tree in
            while let entry = try tree.next() {
                guard entry.kind == .file, entry.size <= KernelLimits.configMiB << 20,
                    KernelPath(inPackage: entry.components)?.role == .config
                else { continue }
                try tree.write(entry, of: file, to: found, limitMiB: KernelLimits.configMiB)
                return true
            }
            return false
        }
        return isFound ? try ConfigFile(file: found, owner: file).unpack(to: target) : nil
    }
}

/// Upper limits for kernels and their files.
enum KernelLimits {
    static let imageMiB = 256
    /// With debug symbols.
    static let unpackedImageMiB = 1024
    static let configMiB = 4
    static let moduleMiB = 128
    /// Kernels of distributions have 3 to 6.
    static let btfMiB = 64
}
