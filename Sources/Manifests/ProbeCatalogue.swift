import FoundationEssentials
package import SystemPackage

/// The probes of a folder, `<folder>/<probe>/probe.yaml`, sorted by name.
package struct ProbeCatalogue: Sendable {
    package let probes: [ProbeManifest]

    /// - Throws: `ManifestError` of the first manifest that is wrong, or when `folder` cannot be read.
    package init(folder: FilePath) throws(ManifestError) {
        var probes: [ProbeManifest] = []
        for probe in try Self.folders(in: folder) { probes.append(try ProbeManifest.load(folder: probe)) }
        self.probes = probes
    }

    /// The folders that hold a manifest, sorted; what else lies there (shared headers) is left alone.
    package static func folders(in folder: FilePath) throws(ManifestError) -> [FilePath] {
        guard let names = try? FileManager.default.contentsOfDirectory(atPath: folder.string) else {
            throw .unreadable(file: folder, errno: ManifestFile.exists(folder) ? .notDirectory : .noSuchFileOrDirectory)
        }
        return names.sorted().map { folder.appending($0) }
            .filter { ManifestFile.exists($0.appending(ProbeManifest.fileName)) }
    }
}
