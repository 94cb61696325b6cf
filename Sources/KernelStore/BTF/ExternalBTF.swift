import HostTools
package import Manifests
import MatrixModel
package import SystemPackage

/// BTF from another source than the kernel that it describes, for kernels built without BTF.
package struct ExternalBTF: Sendable, Hashable {
    /// Raw BTF, in the cache.
    package let path: FilePath
    /// In lower-case hexadecimal.
    package let sha256: String
    /// The origin, for people: a file and, for an archive, the file in it.
    package let origin: String
    /// In bytes.
    package let size: Int
}

extension KernelStore {
    /// What the `btf` key of `kernel` names for the release of `image`; `nil` without that key.
    ///
    /// Reads the file each time, because people replace it, and keeps the raw BTF next to the image.
    ///
    /// - Throws: `KernelStoreError`, such as `noBTF` for a folder without a file for this release.
    package func externalBTF(
        of kernel: KernelManifest, image: KernelImage
    ) throws(KernelStoreError) -> ExternalBTF? {
        guard let source = kernel.btf else { return nil }
        let found = try BTFSearch(source: source, release: image.releaseLabel).find()
        let path = cache.place(of: kernel.id).appending("btf")
        if try Files.readIfThere(path) != found.bytes { try Files.write(found.bytes, to: path) }
        return ExternalBTF(
            path: path, sha256: Digest.of(found.bytes), origin: found.origin, size: found.bytes.count)
    }
}
