import KernelStore
import Manifests
import MatrixRunner

extension KernelStore {
    /// The modules `names` of `kernel` and all that they depend on, in the order of insertion.
    @Sendable func guestModules(
        _ names: [String], of kernel: KernelManifest
    ) -> Result<[GuestModule], KernelStoreError> {
        Result { () throws(KernelStoreError) in
            try modules(names, of: kernel).map { GuestModule(name: $0.name, file: $0.path, digest: $0.sha256) }
        }
    }
}
