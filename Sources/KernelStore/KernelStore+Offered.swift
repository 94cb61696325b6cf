import HostTools
package import Manifests
import MatrixModel
package import SystemPackage

extension KernelStore {
    /// The kernels that the archive of `kernel` offers for the same pattern, and not only the newest, oldest first.
    ///
    /// Asks the archive and fetches no kernel.
    ///
    /// - Parameters:
    ///   - kernel: One of an apt archive.
    ///   - folder: Where a manifest of each is written, for a store that has this folder in its catalogue.
    /// - Returns: Manifests whose ids are made of the packages' versions: `debian-6.1.159+1`. None for a kernel that comes
    ///   from elsewhere.
    /// - Throws: `KernelStoreError.suiteUnavailable`, `.noSuchPackage`, and what is about the machine.
    package func offered(
        like kernel: KernelManifest, manifestsIn folder: FilePath
    ) async throws(KernelStoreError) -> [KernelManifest] {
        guard case .apt(let source) = kernel.source else { return [] }
        let suite = source.suite
        let root = try AptRoot(suite: suite, endpoint: try await endpoint(suite.archive), in: cache.folder)
        let lock = try await Files.lock(root.folder.appending("lock"))
        defer { lock.release() }
        try await root.update()
        let packages = try await root.packages(matching: PackagePattern(source.package))
        guard !packages.isEmpty else { throw .noSuchPackage(pattern: source.package, suite) }
        try Files.makeFolder(folder)
        var manifests: [KernelManifest] = []
        for package in try await root.oldestFirst(packages) {
            guard let id = KernelID("\(kernel.id.family)-\(package.versionForID)"),
                !manifests.contains(where: { $0.id == id })
            else { continue }
            let manifest = KernelManifest(
                id: id, source: .apt(AptSource(suite: suite, package: package.name)), commandLine: kernel.commandLine,
                isGate: kernel.isGate, file: folder.appending("\(id).yaml"))
            try Files.write(Array(manifest.text.utf8), to: manifest.file)
            manifests.append(manifest)
        }
        return manifests
    }
}

extension AptRoot {
    /// In dpkg's order.
    fileprivate func oldestFirst(_ packages: [AptPackage]) async throws(KernelStoreError) -> [AptPackage] {
        var sorted: [AptPackage] = []
        for package in packages.sorted(by: { ($0.name.count, $0.name) < ($1.name.count, $1.name) }) {
            var range = 0..<sorted.count
            while !range.isEmpty {
                let middle = (range.lowerBound + range.upperBound) / 2
                let isOlder = try await isNewer(sorted[middle], than: package)
                range = isOlder ? range.lowerBound..<middle : (middle + 1)..<range.upperBound
            }
            sorted.insert(package, at: range.lowerBound)
        }
        return sorted
    }
}

extension AptPackage {
    /// The version in characters that an id may contain: `5.4.0+216.236`, `6.18.15+1+bpo13+1`.
    fileprivate var versionForID: String {
        // An epoch carries no information about the kernel.
        let upstream = version.split(separator: ":").last.map(String.init) ?? version
        return String(upstream.map { $0.isASCII && ($0.isLetter || $0.isNumber || $0 == ".") ? $0 : "+" })
    }
}
