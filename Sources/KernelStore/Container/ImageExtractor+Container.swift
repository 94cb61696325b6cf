import SystemPackage

extension ImageExtractor {
    /// One pass over the layers determines the resulting files; another one extracts kernel and config.
    func fromContainer(_ blobs: some ContainerBlobs, into folder: FilePath) throws(KernelStoreError) -> Packed {
        let layers = try ContainerImage(file: file, blobs: blobs).layers()
        do {
            var tree = LayerTree()
            for (index, layer) in layers.enumerated() { try tree.apply(ArchiveReader.open(layer, .tar), index: index) }
            guard let (image, count) = tree.newestImage() else { throw KernelStoreError.noKernelInImage(file: file) }

            let path = image.path.joined(separator: "/")
            var packed = Packed(file: folder.appending("found-image"))
            try take(image, from: layers, to: packed.file, limitMiB: KernelLimits.unpackedImageMiB)
            if let config = tree.config(for: image) {
                let target = folder.appending("found-config")
                try take(config, from: layers, to: target, limitMiB: KernelLimits.configMiB)
                packed.config = target
            }
            if count > 1 { packed.choice = "\(path) of \(count) kernels" }
            packed.moduleArchives = tree.moduleLayers.sorted().map { layers[$0] }
            return packed
        } catch let problem as ArchiveProblem {
            throw problem.about(file)
        } catch {
            throw error as? KernelStoreError ?? .unwritable(file: folder, errno: error as? Errno ?? .ioError)
        }
    }

    private func take(
        _ found: LayerTree.Found, from layers: [FilePath], to target: FilePath, limitMiB: Int
    ) throws {
        let reader = try ArchiveReader.open(layers[found.layer], .tar)
        var isTaken = false
        while let entry = try reader.next() {
            guard entry.kind == .file, entry.components == found.path else { continue }
            // The last entry of a name counts, as with tar.
            if isTaken { Files.remove(target) }
            try reader.write(entry, of: file, to: target, limitMiB: limitMiB)
            isTaken = true
        }
        guard isTaken else { throw KernelStoreError.noKernelInImage(file: file) }
    }
}
