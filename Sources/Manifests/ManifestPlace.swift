import SystemPackage

/// The position of a value in a manifest, for errors that are found only once the object is known.
package struct ManifestPlace: Sendable, Hashable {
    var file: FilePath
    var line: Int
    var key: String

    /// The error for a missing `key` next to this value.
    func missing(_ key: String) -> ManifestError { .missingKey(file: file, line: line, key: key) }

    package func wrong(_ value: String, expected: String) -> ManifestError {
        .wrongValue(file: file, line: line, key: key, value: value, expected: expected)
    }
}

/// A value with its position.
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
