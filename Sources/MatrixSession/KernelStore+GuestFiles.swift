package import KernelStore
package import Manifests
package import MatrixRunner
internal import RunPlanning

extension KernelStore: GuestFileFinder {
    /// The modules `names` of `kernel` and all that they depend on, in the order of insertion.
    package func guestModules(
        _ names: [String], of kernel: KernelManifest
    ) -> Result<[GuestModule], KernelStoreError> {
        Result { () throws(KernelStoreError) in
            try modules(names, of: kernel).map { GuestModule(name: $0.name, file: $0.path, digest: $0.sha256) }
        }
    }
}
