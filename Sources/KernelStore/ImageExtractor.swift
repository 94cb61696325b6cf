import Crypto
import SystemPackage

/// Takes the bzImage out of a file, whatever kind of file its bytes say it is.
struct ImageExtractor {
    /// More than any kernel's image; its package may unpack to more, with modules and debug symbols.
    static let imageLimitMiB = 256
    static let packageLimitMiB: Int64 = 4096
    private static let configLimitMiB = 4

    let file: FilePath

    enum Kind { case debianPackage, image }

    /// What was written, next to each other in the folder that was named.
    struct Extracted {
        let image: FilePath
        let config: FilePath?
        let sha256: String
        let header: BzImage
    }

    /// Told from the bytes; a name says nothing.
    func kind() throws(KernelStoreError) -> Kind {
        let start = try Files.readStart(of: file, limit: BzImage.headerLimit)
        // ar(5): the magic, then a 60-byte header whose first 16 bytes are the name.
        if start.starts(with: "!<arch>\ndebian-binary".utf8) { return .debianPackage }
        guard BzImage(header: start) != nil else { throw .notAKernel(file: file) }
        return .image
    }

    /// Writes `vmlinuz`, and `config` where the package has one, into the empty `folder`.
    ///
    /// - Throws: `KernelStoreError`, which leaves `folder` with whatever was written so far: it is the caller's to remove.
    func extract(into folder: FilePath) throws(KernelStoreError) -> Extracted {
        let image = folder.appending("vmlinuz")
        let config = folder.appending("config")
        let sha256: String
        var hasConfig = false
        switch try kind() {
        case .image: sha256 = try copy(to: image)
        case .debianPackage: (sha256, hasConfig) = try unpack(image: image, config: config)
        }
        guard let header = BzImage(header: try Files.readStart(of: image, limit: BzImage.headerLimit)) else {
            throw .noKernelInPackage(file: file)
        }
        let size = try Files.status(image)?.size ?? 0
        guard size >= header.minimumSize else {
            throw .cutShort(file: file, expected: header.minimumSize, found: size)
        }
        return Extracted(image: image, config: hasConfig ? config : nil, sha256: sha256, header: header)
    }

    private func copy(to image: FilePath) throws(KernelStoreError) -> String {
        let size = try Files.status(file)?.size ?? 0
        guard size <= Self.imageLimitMiB << 20 else { throw .tooLarge(file: file, limitMiB: Self.imageLimitMiB) }
        let bytes = try Files.readStart(of: file, limit: Int(size))
        try Files.write(bytes, to: image)
        return SHA256.hash(data: bytes).hexadecimal
    }

    private func unpack(image: FilePath, config: FilePath) throws(KernelStoreError) -> (sha256: String, config: Bool) {
        var hasConfig = false
        // Stops at the image: `config*` sorts before `vmlinuz*`, and the modules after it are most of the package.
        let sha256 = try firstInPackage(writingTo: image) { entry, tree -> String? in
            if entry.isConfig, !hasConfig { hasConfig = try writeConfig(entry, of: tree, to: config) }
            guard entry.isImage else { return nil }
            guard entry.size <= Self.imageLimitMiB << 20 else {
                throw KernelStoreError.tooLarge(file: file, limitMiB: Self.imageLimitMiB)
            }
            return try write(tree, to: image, limitMiB: Self.imageLimitMiB)
        }
        guard let sha256 else { throw .noKernelInPackage(file: file) }
        return (sha256, hasConfig)
    }

    /// Writes `config` into the empty `folder`; `nil` when the Debian package `file` has none.
    func extractConfig(into folder: FilePath) throws(KernelStoreError) -> FilePath? {
        let config = folder.appending("config")
        return try firstInPackage(writingTo: config) { entry, tree in
            try entry.isConfig && writeConfig(entry, of: tree, to: config) ? config : nil
        }
    }

    /// Goes through the package's files until `take` has what it wants of one; `nil` when it took none.
    private func firstInPackage<Value>(
        writingTo target: FilePath, _ take: (ArchiveEntry, borrowing ArchiveReader) throws -> Value?
    ) throws(KernelStoreError) -> Value? {
        do {
            let package = try ArchiveReader.ar(file)
            try enterData(of: package)
            return try package.withTar { tree in
                var passed: Int64 = 0
                while let entry = try tree.next() {
                    if let value = try take(entry, tree) { return value }
                    // Skipping costs the time of unpacking, so what a package claims to hold is limited as well.
                    passed += min(max(0, entry.size), Self.packageLimitMiB << 20)
                    guard passed < Self.packageLimitMiB << 20 else {
                        throw KernelStoreError.tooLarge(file: file, limitMiB: Int(Self.packageLimitMiB))
                    }
                }
                return nil
            }
        } catch let error as KernelStoreError {
            throw error
        } catch let error as ArchiveProblem {
            throw .damagedPackage(file: file, problem: error.text)
        } catch {
            throw .unwritable(file: target, errno: error as? Errno ?? .ioError)
        }
    }

    /// `false` when the file is larger than any config, and so none.
    private func writeConfig(
        _ entry: ArchiveEntry, of tree: borrowing ArchiveReader, to config: FilePath
    ) throws -> Bool {
        guard entry.size <= Self.configLimitMiB << 20 else { return false }
        _ = try write(tree, to: config, limitMiB: Self.configLimitMiB)
        return true
    }

    /// Moves to `data.tar.*`, and makes sure that the file is long enough to hold it: the image comes early in the
    /// archive, so a package cut short behind it would pass unnoticed.
    private func enterData(of package: borrowing ArchiveReader) throws {
        while let entry = try package.next() {
            guard entry.path.hasPrefix("data.tar") else { continue }
            let headerSize: Int64 = 60
            let end = entry.headerOffset + headerSize + entry.size
            let size = try Files.status(file)?.size ?? 0
            guard size >= end else { throw KernelStoreError.cutShort(file: file, expected: end, found: size) }
            return
        }
        throw KernelStoreError.damagedPackage(file: file, problem: "it has no data.tar")
    }

    private func write(_ tree: borrowing ArchiveReader, to target: FilePath, limitMiB: Int) throws -> String {
        let descriptor = try FileDescriptor.open(
            target, .writeOnly, options: [.create, .exclusiveCreate],
            permissions: [.ownerReadWrite, .groupRead, .otherRead])
        return try descriptor.closeAfter {
            var hash = SHA256()
            var written = 0
            try tree.forEachBlock { block in
                written += block.count
                guard written <= limitMiB << 20 else {
                    throw KernelStoreError.tooLarge(file: file, limitMiB: limitMiB)
                }
                hash.update(bufferPointer: block)
                try descriptor.writeAll(block)
            }
            return hash.finalize().hexadecimal
        }
    }
}

extension ArchiveEntry {
    var isImage: Bool { isOfKernel("vmlinuz") }
    var isConfig: Bool { isOfKernel("config") }

    /// `boot/<kind>-*` up to Linux 7.1 and on Ubuntu, `usr/lib/modules/<release>/<kind>` in Debian's packages of 7.2 and
    /// later.
    private func isOfKernel(_ kind: String) -> Bool {
        guard isPlainFile else { return false }
        let names = components.first == "usr" ? components.dropFirst() : components[...]
        return switch names.count {
        case 2: names.first == "boot" && names.last?.hasPrefix("\(kind)-") == true
        case 4:
            names.starts(with: ["lib", "modules"]) && !names.contains("..") && names.last?.elementsEqual(kind) == true
        default: false
        }
    }
}

extension Sequence<UInt8> {
    var hexadecimal: String {
        map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
    }
}

extension SHA256 {
    /// The digest of a whole file, read piece by piece.
    static func digest(of file: FilePath) throws(KernelStoreError) -> String {
        do {
            let descriptor = try FileDescriptor.open(file, .readOnly)
            return try descriptor.closeAfter {
                var hash = SHA256()
                let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 1 << 20, alignment: 16)
                defer { buffer.deallocate() }
                while case let count = try descriptor.read(into: buffer), count > 0 {
                    hash.update(bufferPointer: UnsafeRawBufferPointer(rebasing: buffer[..<count]))
                }
                return hash.finalize().hexadecimal
            }
        } catch {
            throw .unreadable(file: file, errno: error as? Errno ?? .ioError)
        }
    }
}
