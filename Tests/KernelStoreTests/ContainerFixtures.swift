import FoundationEssentials
import HostTools
import SystemPackage
import TestSupport

@testable import KernelStore

/// An OCI layout as a test wants it, by path.
struct Layout {
    var files: [String: [UInt8]] = ["oci-layout": Array(#"{"imageLayoutVersion": "1.0.0"}"#.utf8)]

    /// Adds a blob and says how to describe it.
    mutating func descriptor(of blob: [UInt8], size: Int? = nil, platform: String? = nil) -> String {
        let digest = Digest.of(blob)
        files["blobs/sha256/\(digest)"] = blob
        let parts = platform?.split(separator: "/") ?? []
        let platform = parts.isEmpty ? "" : #", "platform": {"os": "\#(parts[0])", "architecture": "\#(parts[1])"}"#
        return #"{"digest": "sha256:\#(digest)", "size": \#(size ?? blob.count)\#(platform)}"#
    }

    mutating func manifest(of layers: [[UInt8]]) -> [UInt8] {
        let config = descriptor(of: Array("{}".utf8))
        let layers = layers.map { descriptor(of: $0) }.joined(separator: ", ")
        return Array(#"{"schemaVersion": 2, "config": \#(config), "layers": [\#(layers)]}"#.utf8)
    }

    mutating func index(_ descriptors: [String]) {
        files["index.json"] = Self.indexBytes(descriptors)
    }

    static func indexBytes(_ descriptors: [String]) -> [UInt8] {
        Array(#"{"schemaVersion": 2, "manifests": [\#(descriptors.joined(separator: ", "))]}"#.utf8)
    }

    /// One image for linux/amd64.
    init(layers: [[UInt8]]) {
        let manifest = manifest(of: layers)
        index([descriptor(of: manifest, platform: "linux/amd64")])
    }

    init() {}

    func place(in folder: FilePath) throws {
        for (path, bytes) in files { try write(bytes, to: folder.pushing(FilePath(path))) }
    }

    func archived() throws -> [UInt8] {
        try tar(
            files.sorted { $0.key < $1.key }.map { Member(path: $0.key, bytes: $0.value) }, compression: .none)
    }
}
