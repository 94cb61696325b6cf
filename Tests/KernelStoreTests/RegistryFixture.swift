import Foundation
import HostTools
import SystemPackage
import TestSupport
import Testing

@testable import KernelStore

/// A registry that is a folder: what the distribution protocol's reads ask for are plain files.
///
/// Source: OCI distribution specification 1.1, "Pull".
struct RegistryFixture {
    let site: FilePath

    private struct Blob {
        let digest: String
        let size: Int
    }

    private func put(_ bytes: [UInt8], to path: String) throws -> Blob {
        let digest = Digest.of(bytes)
        try write(bytes, to: site.appending(path.replacing("DIGEST", with: "sha256:\(digest)")))
        return Blob(digest: digest, size: bytes.count)
    }

    /// Puts an image with `members` in its one layer under `tag`; returns the digest of its manifest.
    @discardableResult
    func push(_ members: [Member], name: String = "kernels", tag: String = "6.9") throws -> String {
        let layer = try put(tar(members, compression: .gzip), to: "\(name)/blobs/DIGEST")
        let config = try put(
            Array(#"{"architecture":"amd64","os":"linux","rootfs":{"type":"layers","diff_ids":[]}}"#.utf8),
            to: "\(name)/blobs/DIGEST")
        let manifest = """
            {"schemaVersion":2,"mediaType":"application/vnd.oci.image.manifest.v1+json",
             "config":{"mediaType":"application/vnd.oci.image.config.v1+json",
                       "digest":"sha256:\(config.digest)","size":\(config.size)},
             "layers":[{"mediaType":"application/vnd.oci.image.layer.v1.tar+gzip",
                        "digest":"sha256:\(layer.digest)","size":\(layer.size)}]}
            """
        _ = try put(Array(manifest.utf8), to: "\(name)/manifests/DIGEST")
        return try put(Array(manifest.utf8), to: "\(name)/manifests/\(tag)").digest
    }
}
