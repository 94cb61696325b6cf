import Crypto
package import Manifests
import MatrixModel
package import SystemPackage

/// A module of a kernel, unpacked in the cache.
package struct KernelModule: Sendable, Hashable {
    package var name: String
    package var path: FilePath
    package var sha256: String
}

extension KernelStore {
    /// Stands in until modules are taken from packages: reads `<cache>/kernels/<id>/modules/<name>.order`, the file names
    /// of a module and all it depends on.
    package func modules(_ names: [String], of kernel: KernelManifest) throws(KernelStoreError) -> [KernelModule] {
        let folder = cache.place(of: kernel.id).appending("modules")
        var modules: [KernelModule] = []
        for name in names {
            let order = folder.appending("\(name).order")
            guard let text = try Files.readIfThere(order) else {
                throw .unreadable(file: order, errno: .noSuchFileOrDirectory)
            }
            for file in String(decoding: text, as: UTF8.self).split(separator: "\n") {
                let path = folder.appending(String(file))
                guard let bytes = try Files.readIfThere(path) else { throw .unreadable(file: path, errno: .ioError) }
                let digest = SHA256.hash(data: bytes).map { byte in
                    let hex = String(byte, radix: 16)
                    return hex.count == 1 ? "0" + hex : hex
                }.joined()
                let module = KernelModule(name: String(file.dropLast(3)), path: path, sha256: digest)
                if !modules.contains(module) { modules.append(module) }
            }
        }
        return modules
    }
}
