package import SystemPackage
import Yams

/// A node of a manifest that knows its file and line, so that every error can name them.
///
/// Yams' own `Decodable` support silently drops unknown keys, but a misspelled key must be an error.
package struct ManifestNode {
    package let file: FilePath
    /// The key of this node, for messages.
    package let key: String
    private let node: Node

    /// Parses `text` as one YAML document.
    ///
    /// An empty document counts as an empty mapping.
    package init(file: FilePath, text: String) throws(ManifestError) {
        self.file = file
        key = "(document)"
        do {
            node = try Yams.compose(yaml: text) ?? Node([(Node, Node)]())
        } catch let error as YamlError {
            throw Self.complaint(error, in: file)
        } catch {
            throw .notYAML(file: file, line: nil, problem: "\(error)")
        }
    }

    private init(file: FilePath, key: String, node: Node) {
        self.file = file
        self.key = key
        self.node = node
    }

    package var line: Int { node.mark?.line ?? 1 }

    /// The values of a mapping by key; throws `unknownKey` for a key that is not in `known`.
    package func mapping(known: [String]) throws(ManifestError) -> [String: ManifestNode] {
        guard let mapping = node.mapping else { throw wrong(expected: "a mapping of \(known.joined(separator: ", "))") }
        var values: [String: ManifestNode] = [:]
        for (key, value) in mapping {
            let name = key.string ?? ""
            guard known.contains(name) else {
                throw .unknownKey(file: file, line: key.mark?.line ?? line, key: name, known: known)
            }
            values[name] = ManifestNode(file: file, key: name, node: value)
        }
        return values
    }

    /// A mapping with user-defined keys, in the order of the file.
    package func namedEntries() throws(ManifestError) -> [(name: String, node: ManifestNode)] {
        guard let mapping = node.mapping else { throw wrong(expected: "a mapping of names") }
        return mapping.map { ($0.key.string ?? "", ManifestNode(file: file, key: $0.key.string ?? "", node: $0.value)) }
    }

    package func list() throws(ManifestError) -> [ManifestNode] {
        guard let sequence = node.sequence else { throw wrong(expected: "a list") }
        return sequence.map { ManifestNode(file: file, key: key, node: $0) }
    }

    var isMapping: Bool { node.mapping != nil }

    /// The elements of a list; any other value counts as a list of one element.
    package func listOrSelf() throws(ManifestError) -> [ManifestNode] {
        node.sequence == nil ? [self] : try list()
    }

    /// The text of a scalar, without YAML's type conversion: `5.10` stays `5.10`.
    package func text() throws(ManifestError) -> String {
        guard let scalar = node.scalar else { throw wrong(expected: "text") }
        return scalar.string
    }

    /// The error for a wrong value of this node.
    package func wrong(expected: String) -> ManifestError {
        let value = node.scalar?.string ?? (node.sequence == nil ? "a mapping" : "a list")
        return .wrongValue(file: file, line: line, key: key, value: value, expected: expected)
    }

    private static func complaint(_ error: YamlError, in file: FilePath) -> ManifestError {
        switch error {
        case .scanner(_, let problem, let mark, _), .parser(_, let problem, let mark, _),
            .composer(_, let problem, let mark, _):
            .notYAML(file: file, line: mark.line, problem: problem)
        case .duplicatedKeysInMapping(let duplicates, _):
            .notYAML(
                file: file, line: nil, problem: "the key '\(duplicates.first ?? "")' occurs twice")
        default: .notYAML(file: file, line: nil, problem: "\(error)")
        }
    }
}

extension [String: ManifestNode] {
    /// The value of `key`; throws `missingKey` at `parent`'s line if it is missing.
    package func required(_ key: String, in parent: ManifestNode) throws(ManifestError) -> ManifestNode {
        guard let value = self[key] else { throw .missingKey(file: parent.file, line: parent.line, key: key) }
        return value
    }
}
