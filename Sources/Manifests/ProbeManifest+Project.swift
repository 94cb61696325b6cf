import FoundationEssentials
import MatrixModel
package import SystemPackage

extension ProbeManifest {
    /// Reads an entry of `probes` in a `compat-matrix.yaml`: the keys of a `probe.yaml`, and `name`.
    init(written node: ManifestNode, in folder: FilePath) throws(ManifestError) {
        let keys = try node.mapping(known: ["name"] + Self.keys)
        let name = try keys.required("name", in: node)
        guard Self.isUsable(name: try name.text()) else { throw name.badName(key: "name", value: try name.text()) }
        try self.init(keys, of: node, name: name.text(), in: folder)
    }

    /// Reads an entry of `objects`: a path or a pattern, or a mapping with the keys of a probe that has one variant.
    ///
    /// - Returns: A probe with the variant `object` for each file, named after the file.
    static func objects(_ node: ManifestNode, in folder: FilePath) throws(ManifestError) -> [ProbeManifest] {
        guard node.isMapping else {
            return try node.files(in: folder).map { path throws(ManifestError) in
                try ProbeManifest(object: path, node, keys: [:], in: folder)
            }
        }
        let keys = try node.mapping(known: ["object", "name", "expect"] + ProbeSettings.keys)
        let paths = try keys.required("object", in: node).files(in: folder)
        if let name = keys["name"], paths.count > 1 {
            throw name.wrong(expected: "no 'name' with an 'object' that matches \(paths.count) files")
        }
        return try paths.map { path throws(ManifestError) in
            try ProbeManifest(object: path, node, keys: keys, in: folder)
        }
    }

    private init(
        object: FilePath, _ node: ManifestNode, keys: [String: ManifestNode], in folder: FilePath
    ) throws(ManifestError) {
        let name = try keys["name"]?.text() ?? Self.name(of: object)
        guard Self.isUsable(name: name) else { throw (keys["name"] ?? node).badName(key: "name", value: name) }
        let settings = try ProbeSettings(keys)
        try settings.stages.check()
        let variant = ProbeVariant(name: "object", origin: .object(object), settings: settings, expectations: [])
        self.init(name: name, folder: folder, summary: "", variants: [variant])
        if let expect = keys["expect"] { try read(expect) }
    }

    /// `x/foo.bpf.o` is `foo`.
    package static func name(of object: FilePath) -> String {
        let name = object.lastComponent?.string ?? ""
        let suffix = [".bpf.o", ".o"].first { name.hasSuffix($0) && name != $0 } ?? ""
        return String(name.dropLast(suffix.count))
    }
}

extension ManifestNode {
    /// Files by a path whose last component can be a pattern, sorted; at least one.
    fileprivate func files(in folder: FilePath) throws(ManifestError) -> [FilePath] {
        let path = try path(in: folder)
        guard let pattern = path.lastComponent?.string, pattern.contains("*") || pattern.contains("?") else {
            return [try file(in: folder)]
        }
        let parent = path.removingLastComponent()
        let glob = Glob(pattern)
        let names = ((try? FileManager.default.contentsOfDirectory(atPath: parent.string)) ?? []).filter(glob.matches)
        guard !names.isEmpty else { throw wrong(expected: "a glob that matches a file in \(parent)") }
        return names.sorted().map { parent.appending($0) }
    }
}
