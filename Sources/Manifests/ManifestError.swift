package import SystemPackage

/// An error in a file that a user wrote.
///
/// Each names the file, the line if there is one, and the key.
package enum ManifestError: Error, Equatable, CustomStringConvertible {
    case unreadable(file: FilePath, errno: Errno)
    case misnamed(file: FilePath, expected: String)
    case notYAML(file: FilePath, line: Int?, problem: String)
    case unknownKey(file: FilePath, line: Int, key: String, known: [String])
    case missingKey(file: FilePath, line: Int, key: String)
    case wrongValue(file: FilePath, line: Int, key: String, value: String, expected: String)

    package var description: String {
        switch self {
        case .unreadable(let file, let errno): "cannot read \(file): \(errno)"
        case .misnamed(let file, let expected): "\(file): the name of a manifest must be '\(expected)'; rename the file"
        case .notYAML(let file, let line, let problem):
            "\(file)\(line.map { ":\($0)" } ?? ""): invalid YAML: \(problem)"
        case .unknownKey(let file, let line, let key, let known):
            "\(file):\(line): unknown key '\(key)'; known keys: \(known.joined(separator: ", "))"
        case .missingKey(let file, let line, let key): "\(file):\(line): the key '\(key)' is missing"
        case .wrongValue(let file, let line, let key, let value, let expected):
            "\(file):\(line): '\(key)' is '\(value)'; expected \(expected)"
        }
    }
}
