import Foundation

/// A log of `Resources/`.
func golden(_ name: String) throws -> String {
    let url = Bundle.module.bundleURL.appending(path: "Resources/\(name).log")
    return try String(contentsOf: url, encoding: .utf8)
}
