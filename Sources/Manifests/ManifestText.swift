import Yams

/// YAML for people, which this program can read back; Yams handles quoting.
enum ManifestText {
    /// The document with this single value: in block style, with keys in the given order and each scalar on one line.
    static func of(_ node: Node) -> String {
        do {
            return try Yams.serialize(node: node, width: -1, allowUnicode: true)
        } catch {
            // The emitter writes to memory only, and only what a String can contain.
            preconditionFailure("cannot write YAML: \(error)")
        }
    }

    static func mapping(_ pairs: [(String, Node)]) -> Node {
        .mapping(Node.Mapping(pairs.map { (text($0), $1) }, .implicit, .block))
    }

    static func list(_ values: [Node], style: Node.Sequence.Style = .block) -> Node {
        .sequence(Node.Sequence(values, .implicit, style))
    }

    static func text(_ text: String) -> Node {
        let isOneLine = !text.unicodeScalars.contains {
            [.control, .lineSeparator, .paragraphSeparator].contains($0.properties.generalCategory)
        }
        return .scalar(isOneLine ? text.represented() : Node.Scalar(text, Tag(.str), .doubleQuoted))
    }
}
