import GuestImage
import KernelStore
import Machine
import Manifests
import MatrixModel

extension GuestSpec {
    /// A guest of `kernel`, whose image is here.
    init(_ kernel: KernelManifest, image: KernelImage, guestImage: GuestImage) {
        self.init(
            kernelID: kernel.id.text, kernel: image.path, kernelDigest: image.sha256, initramfs: guestImage.path,
            initramfsDigest: guestImage.digest, extraArguments: kernel.commandLine)
    }
}
