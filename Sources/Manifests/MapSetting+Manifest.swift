import MatrixModel

extension ManifestNode {
    /// A mapping of map names to settings; the position is that of the name, for errors about maps that the object does
    /// not have.
    func mapSettings() throws(ManifestError) -> [Placed<MapSetting>] {
        var settings: [Placed<MapSetting>] = []
        for (name, node) in try namedEntries() {
            let place = ManifestPlace(file: file, line: node.line, key: key)
            settings.append(Placed(try MapSetting(node, map: name), at: place))
        }
        return settings
    }
}

extension MapSetting {
    fileprivate init(_ node: ManifestNode, map: String) throws(ManifestError) {
        let keys = try node.mapping(known: ["maxEntries", "pin", "inner"])
        guard !keys.isEmpty else { throw node.wrong(expected: "'maxEntries', 'pin' or 'inner'") }
        self.init(
            map: map, maxEntries: try keys["maxEntries"]?.mapEntries(), pin: try keys["pin"]?.pinPath(of: map),
            inner: try keys["inner"].map { node throws(ManifestError) in try Inner(node) })
    }
}

extension MapSetting.Inner {
    fileprivate init(_ node: ManifestNode) throws(ManifestError) {
        let keys = try node.mapping(known: ["type", "keySize", "valueSize", "maxEntries"])
        let type = try keys.required("type", in: node)
        guard let known = MapType(try type.text()) else {
            throw type.wrong(expected: "a map type as libbpf spells it, such as hash or lru_percpu_hash")
        }
        self.init(
            type: known, keySize: try keys["keySize"]?.mapBytes() ?? 0,
            valueSize: try keys["valueSize"]?.mapBytes() ?? 0,
            maxEntries: try keys.required("maxEntries", in: node).mapEntries())
    }
}

extension ManifestNode {
    fileprivate func mapEntries() throws(ManifestError) -> UInt32 { UInt32(try number(in: 1...Int(UInt32.max))) }

    fileprivate func mapBytes() throws(ManifestError) -> UInt32 { UInt32(try number(in: 0...Int(UInt32.max))) }

    /// `true` pins a map at the libraries' default path.
    fileprivate func pinPath(of map: String) throws(ManifestError) -> String {
        let text = try field()
        if text == "true" { return Self.pins + map }
        let names = text.dropFirst(Self.pins.count).split(separator: "/", omittingEmptySubsequences: false)
        guard text.hasPrefix(Self.pins), !names.contains(where: { ["", ".", ".."].contains($0) }) else {
            throw wrong(expected: "true, or a path below \(Self.pins.dropLast())")
        }
        return text
    }

    private static let pins = "/sys/fs/bpf/"
}
