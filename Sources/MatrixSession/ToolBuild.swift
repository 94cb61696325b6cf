import Foundation

/// The identity of this compat-matrix.
package enum ToolBuild {
    package static let version = "0.1.0"

    /// Distinguishes builds: version, size and time of the executable.
    static func identity() throws -> String {
        let executable = try FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")
        let file = try FileManager.default.attributesOfItem(atPath: executable)
        let time = (file[.modificationDate] as? Date)?.timeIntervalSince1970 ?? 0
        return "\(version) \(file[.size] ?? 0) \(time)"
    }
}
