import Manifests
import MatrixModel
import SystemPackage

extension KernelCache {
    /// Changes what is remembered beside the image of `kernel`, which is here.
    func amend(
        _ kernel: KernelManifest, _ edit: (inout ImageRecord) -> Void
    ) throws(KernelStoreError) -> CachedKernel {
        guard var record = try readRecord(of: kernel.id) else { throw .unknownID(kernel.id) }
        edit(&record)
        try write(record, of: kernel.id)
        guard let found = try image(of: kernel, locked: nil) else { throw .unknownID(kernel.id) }
        return found
    }
}
