package import GuestImage
package import KernelStore
package import Machine
package import Manifests
import MatrixModel

extension GuestSpec {
    /// A guest of `kernel`, whose image is in the cache.
    package init(_ kernel: KernelManifest, image: KernelImage, initramfs: InitramfsFile) {
        self.init(
            kernelID: kernel.id.text, kernel: image.path, kernelDigest: image.sha256, release: image.releaseLabel,
            initramfs: initramfs.path, initramfsDigest: initramfs.digest, loaders: initramfs.loaders,
            extraArguments: kernel.commandLine)
    }
}
