extension ManifestNode {
    /// A list of kernel modules, each once, written with `_` as in the kernel.
    func moduleNames() throws(ManifestError) -> [String] {
        var names: [String] = []
        for node in try list() {
            guard let name = ModuleName(try node.text()) else {
                throw node.wrong(
                    expected: "names of modules: letters, digits, '-' and '_', at most \(ModuleName.longest)")
            }
            if !names.contains(name.text) { names.append(name.text) }
        }
        return names
    }
}

/// The name of a kernel module.
package struct ModuleName: Sendable {
    /// Written with `_`.
    package let text: String

    /// `nil` for an invalid name.
    package init?(_ name: String) {
        guard (1...Self.longest).contains(name.utf8.count),
            name.allSatisfy({ $0.isASCII && ($0.isLetter || $0.isNumber || $0 == "-" || $0 == "_") })
        else { return nil }
        text = name.replacing("-", with: "_")
    }

    /// Source: Linux include/linux/module.h, MODULE_NAME_LEN, of which one byte is the closing NUL.
    static let longest = 55
}
