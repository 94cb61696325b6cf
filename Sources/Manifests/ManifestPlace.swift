import SystemPackage

/// Where something stands in a manifest, for what is found wrong with it only when the object is known.
package struct ManifestPlace: Sendable, Hashable {
    var file: FilePath
    var line: Int
    var key: String

    /// That `key` should stand beside it.
    func missing(_ key: String) -> ManifestError { .missingKey(file: file, line: line, key: key) }

    package func wrong(_ value: String, expected: String) -> ManifestError {
        .wrongValue(file: file, line: line, key: key, value: value, expected: expected)
    }
}

/// A value with the place it was read from.
package struct Placed<Value: Sendable & Hashable>: Sendable, Hashable {
    package var value: Value
    package var place: ManifestPlace

    init(_ value: Value, at place: ManifestPlace) {
        self.value = value
        self.place = place
    }
}

extension ManifestNode {
    var place: ManifestPlace { ManifestPlace(file: file, line: line, key: key) }
}
