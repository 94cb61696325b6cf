import Manifests
import SystemPackage

extension ObjectFile {
    /// The object with other initial values for its variables, written to `copy`, whose folder must exist.
    ///
    /// Libraries would load the same object: setting a variable only changes bytes of its section.
    ///
    /// - Throws: `ManifestError` for a variable that the object does not have, and for a value that does not fit.
    func setting(_ constants: [Placed<ObjectConstant>], copy: FilePath) throws -> ObjectFile {
        var bytes = try FileBytes.read(path)
        for constant in constants {
            let name = constant.value.name
            guard let variable = variables.first(where: { $0.name == name }) else {
                let known = variables.isEmpty ? "none" : variables.map(\.name).joined(separator: ", ")
                throw constant.place.wrong(
                    constant.value.spelling,
                    expected: "the name of a constant or an initialised variable of the object (it has \(known))")
            }
            bytes.replaceSubrange(variable.place, with: try Self.bytes(of: constant, count: variable.place.count))
        }
        if (try? FileBytes.read(copy)) != bytes { try FileBytes.write(bytes, to: copy) }
        return try ObjectFile(copy)
    }

    /// Encodes a number in little-endian order, and text padded with zeros.
    private static func bytes(
        of constant: Placed<ObjectConstant>, count: Int
    ) throws(ManifestError) -> [UInt8] {
        func wrong(_ expected: String) -> ManifestError {
            constant.place.wrong(constant.value.spelling, expected: expected)
        }
        switch constant.value.value {
        case .number(let number) where [1, 2, 4, 8].contains(count):
            let range = -(Int128(1) << Int128(8 * count - 1))..<(Int128(1) << Int128(8 * count))
            guard range.contains(number) else { throw wrong("a number that fits into \(count) bytes") }
            return (0..<count).map { UInt8(truncatingIfNeeded: number >> Int128(8 * $0)) }
        case .number, .text:
            let text = Array(constant.value.spelling.utf8)
            guard ![2, 4].contains(count) else { throw wrong("a number") }
            guard text.count < count else { throw wrong("a text of at most \(count - 1) bytes") }
            return text + [UInt8](repeating: 0, count: count - text.count)
        }
    }
}
