package import Manifests
import MatrixModel
package import SystemPackage

/// The kernel axis: the kernels, and their images on this machine.
package struct KernelStore: Sendable {
    /// The folders of manifests: for two manifests with the same id, the later folder counts, and new ones are written
    /// to the last.
    package let catalogueFolders: [FilePath]
    let cache: KernelCache
    let endpoint: AptEndpointFinder
    let tools: SourceTools
    private let lockReader: KernelLockReader

    /// `mirrors` override the machine's mirrors.
    package init(catalogueFolders: [FilePath], cache: FilePath, mirrors: [AptArchive: String] = [:]) {
        self.init(catalogueFolders: catalogueFolders, cache: cache) { archive async throws(KernelStoreError) in
            try await AptEndpoint.onThisMachine(archive, mirrors: mirrors)
        }
    }

    init(
        catalogueFolders: [FilePath], cache: FilePath, tools: SourceTools = SourceTools(),
        endpoint: @escaping AptEndpointFinder
    ) {
        self.catalogueFolders = catalogueFolders
        self.cache = KernelCache(folder: cache)
        self.endpoint = endpoint
        self.tools = tools
        lockReader = KernelLockReader(folders: catalogueFolders)
    }

    /// Every kernel, oldest first.
    ///
    /// - Throws: `ManifestError` for an invalid manifest, `KernelStoreError` for a folder that cannot be read. A
    ///   missing folder counts as empty.
    package func catalogue() throws -> [KernelManifest] {
        var kernels: [KernelID: KernelManifest] = [:]
        for folder in catalogueFolders {
            for name in try Files.names(in: folder) where name.hasSuffix(".yaml") && !name.hasPrefix(".") {
                let kernel = try KernelManifest(reading: folder.appending(name))
                kernels[kernel.id] = kernel
            }
        }
        return kernels.values.sorted { $0.id < $1.id }
    }

    /// The image of `kernel`, if it is here and matches manifest and lock.
    ///
    /// Does not read the image: it compares size and modification time with the record from when the image was stored.
    package func image(of kernel: KernelManifest) throws(KernelStoreError) -> KernelImage? {
        try cache.image(of: kernel, locked: lockReader.locks().entry(for: kernel))?.image
    }
}

/// Finds the mirror of an archive, on this machine or in a test.
typealias AptEndpointFinder = @Sendable (AptArchive) async throws(KernelStoreError) -> AptEndpoint

extension KernelStore {
    /// The kernels whose id matches any of `globs`, or all without globs; oldest first.
    ///
    /// - Throws: `KernelSelectionError` for a glob that matches nothing.
    package func kernels(matching globs: [String]) throws -> [KernelManifest] {
        let all = try catalogue()
        for glob in globs where !all.contains(where: { Glob(glob).matches($0.id.text) }) {
            throw KernelSelectionError.nothingMatches(glob, known: all.map(\.id.text))
        }
        return globs.isEmpty ? all : all.filter { kernel in globs.contains { Glob($0).matches(kernel.id.text) } }
    }

    /// The kernel with the id `text`; throws `KernelSelectionError` if there is none.
    package func kernel(_ text: String) throws -> KernelManifest {
        let all = try catalogue()
        guard let kernel = all.first(where: { $0.id.text == text }) else {
            throw KernelSelectionError.unknown(text, known: all.map(\.id.text))
        }
        return kernel
    }
}

/// A requested kernel that does not exist.
package enum KernelSelectionError: Error, Equatable, CustomStringConvertible {
    case nothingMatches(String, known: [String])
    case unknown(String, known: [String])

    package var description: String {
        switch self {
        case .nothingMatches(let glob, let known):
            "no kernel matches '\(glob)'; available: \(known.joined(separator: ", "))"
        case .unknown(let id, let known): "unknown kernel '\(id)'; available: \(known.joined(separator: ", "))"
        }
    }
}

/// The tools for kernels that do not come from an apt archive.
struct SourceTools: Sendable {
    var limits = DownloadLimits()
    /// Where distribution-gpg-keys puts the vendors' keys.
    var vendorKeys: FilePath = "/usr/share/distribution-gpg-keys"
    /// For a registry on the loopback.
    var registriesArePlain = false
}
