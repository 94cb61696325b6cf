import FoundationEssentials
import SystemPackage

/// An image in the layout of the Open Container Initiative, or as written by `docker save`.
///
/// Source: opencontainers/image-spec v1.1 (image-layout.md, image-index.md, manifest.md, descriptor.md); moby's
/// image/spec/v1.2 (`manifest.json`).
struct ContainerImage {
    static let layoutMarker = "oci-layout"
    /// Manifests are a few KiB, even with thousands of layers; image-spec recommends rejecting those above 4 MiB.
    private static let jsonLimit: Int64 = 4 << 20
    /// The maximum nesting of indexes.
    private static let nestingLimit = 4
    private static let layerLimit = 1024

    /// The archive or the folder, for messages.
    let file: FilePath
    let blobs: any ContainerBlobs

    /// The files of the image's layers, lowest first, each verified by its digest.
    func layers() throws(KernelStoreError) -> [FilePath] {
        if let index = try json("index.json", as: ContainerDocument.self) {
            let manifest = try self.manifest(below: index, nesting: 0)
            var layers: [FilePath] = []
            for layer in try limited(manifest.layers ?? []) { layers.append(try blob(layer)) }
            return layers
        }
        if let images = try json("manifest.json", as: [DockerImage].self) { return try layers(of: images) }
        throw .invalidContainer(file: file, .neither)
    }

    /// Follows indexes to the only manifest for x86-64.
    private func manifest(below index: ContainerDocument, nesting: Int) throws(KernelStoreError) -> ContainerDocument {
        guard let listed = index.manifests else { return index }
        guard nesting < Self.nestingLimit else { throw .invalidContainer(file: file, .nesting) }
        let fitting = listed.filter { $0.platform?.isOurs == true }
        let chosen = fitting.isEmpty ? listed.filter { $0.platform == nil } : fitting
        let digests = Set(chosen.map(\.digest))
        guard let first = chosen.first else { throw .invalidContainer(file: file, .architecture) }
        guard digests.count == 1 else { throw .invalidContainer(file: file, .severalImages(digests.count)) }
        let document = try parse(
            ContainerDocument.self, from: try blob(first, limit: Self.jsonLimit), named: first.digest)
        return try manifest(below: document, nesting: nesting + 1)
    }

    /// A blob whose size and digest match its descriptor.
    private func blob(
        _ descriptor: ContainerDescriptor, limit: Int64 = .max
    ) throws(KernelStoreError) -> FilePath {
        let digest = descriptor.digest
        guard let hexadecimal = digest.wholeMatch(of: /sha256:([0-9a-f]{64})/)?.1 else {
            throw .invalidContainer(file: file, .digest(digest))
        }
        guard let found = try blobs.file(named: "blobs/sha256/\(hexadecimal)") else {
            throw .invalidContainer(file: file, .missing(digest))
        }
        let size = try Files.status(found)?.size ?? 0
        guard size <= limit else { throw .invalidContainer(file: file, .tooLarge(digest, limitMiB: Int(limit >> 20))) }
        guard size == descriptor.size, try Files.digest(of: found).elementsEqual(hexadecimal) else {
            throw .invalidContainer(file: file, .differs(digest))
        }
        return found
    }

    private func layers(of images: [DockerImage]) throws(KernelStoreError) -> [FilePath] {
        guard let image = images.first, images.count == 1 else {
            throw .invalidContainer(file: file, .severalImages(images.count))
        }
        guard let config = try json(image.Config, as: DockerConfig.self) else {
            throw .invalidContainer(file: file, .missing(image.Config))
        }
        let digests = config.rootfs.diff_ids
        guard digests.count == image.Layers.count else { throw .invalidContainer(file: file, .json(image.Config)) }
        var layers: [FilePath] = []
        for (name, digest) in zip(try limited(image.Layers), digests) {
            guard let layer = try blobs.file(named: name) else { throw .invalidContainer(file: file, .missing(name)) }
            guard try "sha256:" + Files.digest(of: layer) == digest else {
                throw .invalidContainer(file: file, .differs(name))
            }
            layers.append(layer)
        }
        return layers
    }

    private func limited<Layer>(_ layers: [Layer]) throws(KernelStoreError) -> [Layer] {
        guard layers.count <= Self.layerLimit else { throw .invalidContainer(file: file, .layers(layers.count)) }
        return layers
    }

    /// `nil` if there is no file of that name.
    private func json<Value: Decodable>(_ name: String, as type: Value.Type) throws(KernelStoreError) -> Value? {
        guard let found = try blobs.file(named: name) else { return nil }
        guard try Files.status(found)?.size ?? 0 <= Self.jsonLimit else {
            throw .invalidContainer(file: file, .tooLarge(name, limitMiB: Int(Self.jsonLimit >> 20)))
        }
        return try parse(type, from: found, named: name)
    }

    private func parse<Value: Decodable>(
        _: Value.Type, from found: FilePath, named name: String
    ) throws(KernelStoreError) -> Value {
        let bytes = try Files.readStart(of: found, limit: Int(Self.jsonLimit))
        guard let value = try? JSONDecoder().decode(Value.self, from: Data(bytes)) else {
            throw .invalidContainer(file: file, .json(name))
        }
        return value
    }
}

/// An index or a manifest, distinguished by their keys.
private struct ContainerDocument: Decodable {
    var manifests: [ContainerDescriptor]?
    var layers: [ContainerDescriptor]?
}

private struct ContainerDescriptor: Decodable {
    struct Platform: Decodable {
        var architecture: String
        var os: String

        var isOurs: Bool { architecture == "amd64" && os == "linux" }
    }

    var digest: String
    var size: Int64
    var platform: Platform?
}

/// With the keys that `docker save` uses.
private struct DockerImage: Decodable {
    var Config: String
    var Layers: [String]
}

private struct DockerConfig: Decodable {
    struct RootFS: Decodable { var diff_ids: [String] }

    var rootfs: RootFS
}

/// Why a container image cannot be used.
package enum ContainerProblem: Hashable, Sendable, CustomStringConvertible {
    case neither
    case architecture
    case severalImages(Int)
    case nesting
    case layers(Int)
    case missing(String)
    case differs(String)
    case digest(String)
    case json(String)
    case tooLarge(String, limitMiB: Int)

    package var description: String {
        switch self {
        case .neither:
            "it has neither index.json (OCI layout) nor manifest.json ('docker save')"
        case .architecture: "it contains no image for linux/amd64"
        case .severalImages(let count): "it contains \(count) images instead of one"
        case .nesting: "its indexes are nested too deeply"
        case .layers(let count): "it has too many layers: \(count)"
        case .missing(let name): "\(name.shortened) is missing"
        case .differs(let name): "\(name.shortened) does not match its digest; download the image again"
        case .digest(let digest): "it contains a digest that is not SHA-256: '\(digest.shortened)'"
        case .json(let name): "\(name.shortened) is not the expected JSON"
        case .tooLarge(let name, let limit): "\(name.shortened) is larger than \(limit) MiB"
        }
    }
}

extension String {
    /// Names come from the archive, so they can have any length and contain control characters.
    fileprivate var shortened: String {
        String(prefix(100).map { $0.isASCII && !$0.isLetter && !$0.isNumber && !$0.isPunctuation ? "?" : $0 })
    }
}
