import MatrixModel
package import SystemPackage

/// A probe as described by its `probe.yaml`.
///
/// Its name is the name of the folder.
package struct ProbeManifest: Sendable, Hashable {
    package static let fileName = "probe.yaml"

    package var name: String
    package var folder: FilePath
    /// One sentence: what the probe observes.
    package var summary: String
    /// In the order of the file, at least one.
    package var variants: [ProbeVariant]

    /// Reads `folder/probe.yaml` and checks that the files it names exist.
    package static func load(folder: FilePath) throws(ManifestError) -> ProbeManifest {
        let file = folder.appending(fileName)
        return try ProbeManifest(file: file, text: ManifestFile.text(of: file))
    }

    /// Parses a manifest's text; the files it names are looked up next to `file`.
    ///
    /// - Throws: `ManifestError`, also for a file that is named but does not exist, because that is a mistake in the
    ///   manifest.
    package init(file: FilePath, text: String) throws(ManifestError) {
        let folder = file.removingLastComponent()
        let document = try ManifestNode(file: file, text: text)
        let keys = try document.mapping(known: Self.keys)
        try self.init(keys, of: document, name: folder.lastComponent?.string ?? "", in: folder)
    }

    static let keys = ["summary", "variants", "expect"] + ProbeSettings.keys

    init(name: String, folder: FilePath, summary: String, variants: [ProbeVariant]) {
        self.name = name
        self.folder = folder
        self.summary = summary
        self.variants = variants
    }

    /// Reads the values of `keys` in `document`; files are looked up in `folder`.
    init(
        _ keys: [String: ManifestNode], of document: ManifestNode, name: String, in folder: FilePath
    ) throws(ManifestError) {
        self.name = name
        self.folder = folder
        summary = try keys.required("summary", in: document).text()
        let settings = try ProbeSettings(keys)

        let entries = try keys.required("variants", in: document)
        variants = []
        for (name, node) in try entries.namedEntries() {
            guard Self.isUsable(name: name) else { throw node.badName(key: "variants", value: name) }
            variants.append(try ProbeVariant(node, name: name, in: folder, shared: settings))
        }
        guard !variants.isEmpty else { throw entries.wrong(expected: "at least one variant") }

        if let expect = keys["expect"] { try read(expect) }
    }

    /// Adds the rules of `expect` to the variants that they apply to.
    mutating func read(_ expect: ManifestNode) throws(ManifestError) {
        for node in try expect.list() {
            let rule = try ExpectationRule(node, variants: variants.map(\.name))
            for index in variants.indices where rule.applies(to: variants[index].name) {
                variants[index].expectations.append(rule.expectation)
            }
        }
    }

    /// Whether a variant or a loader can have that name: names become file names and parts of command lines.
    package static func isUsable(name: String) -> Bool {
        !name.isEmpty && !name.hasPrefix(".") && !name.hasPrefix("-")
            && name.allSatisfy { $0.isASCII && ($0.isLetter || $0.isNumber || "-._+".contains($0)) }
    }
}

extension ManifestNode {
    /// One glob over loader names, or a list of globs; the caller knows which loaders exist.
    func loaders() throws(ManifestError) -> [Glob] {
        var globs: [Glob] = []
        for node in try listOrSelf() {
            let text = try node.text()
            guard !text.isEmpty else {
                throw node.wrong(expected: "the name of a loader, or a glob")
            }
            globs.append(Glob(text))
        }
        guard !globs.isEmpty else { throw wrong(expected: "at least one loader") }
        return globs
    }

    func badName(key: String, value: String) -> ManifestError {
        .wrongValue(
            file: file, line: line, key: key, value: value,
            expected: "names of letters, digits, '-', '.', '_' and '+' that do not start with '-' or '.'")
    }
}
