import FoundationEssentials
import Glibc
package import SystemPackage

/// The probes of a folder, `<folder>/<probe>/probe.yaml`, sorted by name.
package struct ProbeCatalogue: Sendable {
    package let probes: [ProbeManifest]

    /// - Throws: `ManifestError` for the first invalid manifest, or if `folder` cannot be read.
    package init(folder: FilePath) throws(ManifestError) {
        var probes: [ProbeManifest] = []
        for probe in try Self.folders(in: folder) { probes.append(try ProbeManifest.load(folder: probe)) }
        self.probes = probes
    }

    /// The folders that contain a manifest, sorted.
    ///
    /// Other folders (shared headers) are ignored. A folder that cannot be read is an error, because it may contain a
    /// manifest.
    package static func folders(in folder: FilePath) throws(ManifestError) -> [FilePath] {
        guard let names = try? FileManager.default.contentsOfDirectory(atPath: folder.string) else {
            throw .unreadable(file: folder, errno: ManifestFile.exists(folder) ? .notDirectory : .noSuchFileOrDirectory)
        }
        var probes: [FilePath] = []
        for probe in names.sorted().map({ folder.appending($0) }) {
            let manifest = probe.appending(ProbeManifest.fileName)
            if ManifestFile.exists(manifest) {
                probes.append(probe)
            } else if access(manifest.string, F_OK) != 0, errno == EACCES {
                throw .unreadable(file: manifest, errno: .permissionDenied)
            } else if let misnamed = ["probe.yml", "probe.json"].map(probe.appending).first(where: ManifestFile.exists)
            {
                throw .misnamed(file: misnamed, expected: ProbeManifest.fileName)
            }
        }
        return probes
    }
}
