extension ManifestNode {
    /// A list of kernel modules, each once, spelt with `_` as the kernel itself does.
    func moduleNames() throws(ManifestError) -> [String] {
        var names: [String] = []
        for node in try list() {
            let name = try node.text()
            guard Self.isModule(name: name) else {
                throw node.wrong(
                    expected: "names of modules: letters, digits, '-' and '_', at most \(Self.longestModuleName)")
            }
            let spelt = name.replacing("-", with: "_")
            if !names.contains(spelt) { names.append(spelt) }
        }
        return names
    }

    /// Source: Linux include/linux/module.h, MODULE_NAME_LEN, of which one byte is the closing NUL.
    private static let longestModuleName = 55

    private static func isModule(name: String) -> Bool {
        (1...longestModuleName).contains(name.utf8.count)
            && name.allSatisfy { $0.isASCII && ($0.isLetter || $0.isNumber || $0 == "-" || $0 == "_") }
    }
}
