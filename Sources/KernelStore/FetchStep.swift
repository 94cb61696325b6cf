package import Manifests

/// A step of a fetch, for people who wait.
package enum FetchStep: Sendable, Hashable, CustomStringConvertible {
    case updating(AptSuite)
    case downloading(package: String)
    /// Several times a second; in bytes, with `total` if the server sent it.
    case receiving(file: String, bytes: Int64, total: Int64?)
    case checked(FileSignature, file: String)
    case extracting(file: String)
    /// The kernel is here but its config is not: what reads `CONFIG_…` options cannot be measured on it.
    case withoutConfig(KernelStoreError)
    /// The kernel is here but its modules are not: what needs one cannot be measured on it.
    case withoutModules(KernelStoreError)
    case alreadyHere

    package var description: String {
        switch self {
        case .updating(let suite): "updating \(suite)"
        case .downloading(let package): "downloading \(package)"
        case .receiving(let file, let bytes, let total):
            "\(Self.mebibytes(bytes))" + (total.map { " of \(Self.mebibytes($0))" } ?? "") + " MiB of \(file)"
        case .checked(let signature, let file): "\(file): \(signature)"
        case .extracting(let file): "extracting \(file)"
        case .withoutConfig(let error): "without its config: \(error)"
        case .withoutModules(let error): "without its modules: \(error)"
        case .alreadyHere: "already fetched"
        }
    }

    /// With one digit behind the point.
    private static func mebibytes(_ bytes: Int64) -> String {
        let tenths = bytes * 10 >> 20
        return "\(tenths / 10).\(tenths % 10)"
    }
}
