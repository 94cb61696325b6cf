import SystemPackage

extension ArchiveReader {
    /// Writes `entry`, at which this stands, to `target`, which is new.
    ///
    /// - Throws: `KernelStoreError.tooLarge`, which names `archive`, and what reading and writing throw; then there is no
    ///   `target`.
    func write(_ entry: ArchiveEntry, of archive: FilePath, to target: FilePath, limitMiB: Int) throws {
        guard entry.size <= limitMiB << 20 else { throw KernelStoreError.tooLarge(file: archive, limitMiB: limitMiB) }
        try Files.create(target) { descriptor in
            var written = 0
            do {
                try forEachBlock { block in
                    written += block.count
                    guard written <= limitMiB << 20 else {
                        throw KernelStoreError.tooLarge(file: archive, limitMiB: limitMiB)
                    }
                    try descriptor.writeAll(block)
                }
            } catch let problem as ArchiveProblem {
                throw problem.about(archive)
            }
        }
    }

    /// The data of `entry`, at which this stands: a module, or a list of them.
    func bytes(of entry: ArchiveEntry, in archive: FilePath) throws -> [UInt8] {
        guard entry.size <= KernelLimits.moduleMiB << 20 else {
            throw KernelStoreError.tooLarge(file: archive, limitMiB: KernelLimits.moduleMiB)
        }
        return try bytes()
    }

    /// The data of the current entry, which is no larger than a module.
    func bytes() throws -> [UInt8] {
        var bytes: [UInt8] = []
        try forEachBlock { block in
            guard bytes.count + block.count <= KernelLimits.moduleMiB << 20 else {
                throw ArchiveProblem.tooLarge(limitMiB: KernelLimits.moduleMiB)
            }
            bytes.append(contentsOf: block)
        }
        return bytes
    }
}
