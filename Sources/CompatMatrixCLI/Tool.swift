import Foundation

/// This program itself.
enum Tool {
    static let version = "0.1.0"

    /// Tells one build from another: version, size and time of the executable.
    static func build() throws -> String {
        let attributes = try FileManager.default.attributesOfItem(atPath: "/proc/self/exe")
        let target = try FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")
        let file =
            attributes[.type] as? FileAttributeType == .typeSymbolicLink
            ? try FileManager.default.attributesOfItem(atPath: target) : attributes
        let time = (file[.modificationDate] as? Date)?.timeIntervalSince1970 ?? 0
        return "\(version) \(file[.size] ?? 0) \(time)"
    }
}
