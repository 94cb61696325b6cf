/// The value of a global variable when the object is loaded, as set by an application between open and load.
package struct ObjectConstant: Sendable, Hashable {
    package enum Value: Sendable, Hashable {
        case number(Int128)
        case text(String)
    }

    package var name: String
    package var value: Value
    /// As written in the manifest.
    package var spelling: String
}

extension ManifestNode {
    /// A mapping of variable names to numbers, `true`, `false` or texts.
    func constants() throws(ManifestError) -> [Placed<ObjectConstant>] {
        var constants: [Placed<ObjectConstant>] = []
        for (name, node) in try namedEntries() {
            let text = try node.text()
            constants.append(
                Placed(ObjectConstant(name: name, value: .init(text), spelling: text), at: node.place))
        }
        return constants
    }
}

extension ObjectConstant.Value {
    /// A number in decimal or after `0x`, `true` as 1 and `false` as 0; any other value is a text.
    init(_ spelling: String) {
        let digits = spelling.hasPrefix("0x") ? Int128(spelling.dropFirst(2), radix: 16) : Int128(spelling)
        switch spelling {
        case "true": self = .number(1)
        case "false": self = .number(0)
        default: self = digits.map { .number($0) } ?? .text(spelling)
        }
    }
}
