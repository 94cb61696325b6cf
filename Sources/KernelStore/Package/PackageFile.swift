import SystemPackage

/// A `.deb`, an `.rpm` or a tar archive, opened for one pass over the files in it.
struct PackageFile {
    let file: FilePath

    func scan<Value>(_ body: (borrowing ArchiveReader) throws -> Value) throws(KernelStoreError) -> Value {
        do {
            switch try FileKind(of: file) {
            case .debianPackage:
                let package = try ArchiveReader.open(file, .ar)
                try enterData(of: package)
                return try package.withTar(body)
            case .rpm:
                try RpmLead.requireWhole(file)
                return try body(ArchiveReader.open(file, .rpm))
            case .tar: return try body(ArchiveReader.open(file, .tar))
            case .layout, .bzImage, .vmlinux, .compressedKernel: throw KernelStoreError.noModules(file: file)
            }
        } catch let problem as ArchiveProblem {
            throw problem.about(file)
        } catch {
            throw error as? KernelStoreError ?? .unwritable(file: file, errno: error as? Errno ?? .ioError)
        }
    }

    /// Moves to `data.tar.*`, and makes sure that the file is long enough to hold it: the image comes early in the
    /// archive, so a package cut short behind it would pass unnoticed.
    private func enterData(of package: borrowing ArchiveReader) throws {
        while let entry = try package.next() {
            guard entry.path.hasPrefix("data.tar") else { continue }
            let headerSize: Int64 = 60
            try checkLength(entry.headerOffset + headerSize + entry.size)
            return
        }
        throw KernelStoreError.damagedPackage(file: file, problem: "it has no data.tar")
    }

    private func checkLength(_ expected: Int64) throws {
        let size = try Files.status(file)?.size ?? 0
        guard size >= expected else { throw KernelStoreError.cutShort(file: file, expected: expected, found: size) }
    }
}

/// A single compressed file.
struct CompressedFile {
    let file: FilePath
    /// What it came from, for what is said about it.
    let owner: FilePath

    /// Writes what is in it to `target`, which is new.
    func unpack(to target: FilePath, limitMiB: Int) throws(KernelStoreError) {
        do {
            let reader = try ArchiveReader.open(file, .raw)
            guard let entry = try reader.next() else { throw ArchiveProblem.unreadable("it is empty") }
            try reader.write(entry, of: owner, to: target, limitMiB: limitMiB)
        } catch let problem as ArchiveProblem {
            throw problem.about(owner)
        } catch {
            throw error as? KernelStoreError ?? .unwritable(file: target, errno: error as? Errno ?? .ioError)
        }
    }
}

/// A kernel's config, as it is or compressed, as `/proc/config.gz` is.
struct ConfigFile {
    let file: FilePath
    let owner: FilePath

    func unpack(to target: FilePath) throws(KernelStoreError) -> FilePath {
        // What is not compressed is copied by the same decoder.
        try CompressedFile(file: file, owner: owner).unpack(to: target, limitMiB: KernelLimits.configMiB)
        return target
    }

    /// `nil`, and nothing written, for what holds no option at all.
    func unpackIfConfig(to target: FilePath) throws(KernelStoreError) -> FilePath? {
        guard let size = try Files.status(file)?.size, size > 0, size <= KernelLimits.configMiB << 20 else {
            return nil
        }
        let config = try unpack(to: target)
        let text = try Files.readStart(of: config, limit: KernelLimits.configMiB << 20)
        guard text.split(separator: UInt8(ascii: "\n")).contains(where: { $0.starts(with: "CONFIG_".utf8) }) else {
            Files.remove(config)
            return nil
        }
        return config
    }
}
