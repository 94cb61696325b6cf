import Foundation
package import MatrixModel

/// A run as JSON, as described by `docs/matrix.schema.json`.
package enum JSONReport {
    /// One line with sorted keys and `null` for missing values, so that equal runs have equal text.
    package static func render(_ document: MatrixDocument) throws -> String {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        return String(decoding: try encoder.encode(document), as: UTF8.self)
    }

    /// Decodes the output of `render`.
    ///
    /// - Throws: `ReportError.notADocument` with the path of the invalid value, or `.unknownSchema`.
    package static func decode(_ text: String) throws -> MatrixDocument {
        let document: MatrixDocument
        do {
            // The schema first, because a document of another version may lack keys that this version requires.
            let header = try JSONDecoder().decode(Header.self, from: Data(text.utf8))
            guard header.schema == MatrixDocument.currentSchema else {
                throw ReportError.unknownSchema(found: header.schema, supported: MatrixDocument.currentSchema)
            }
            document = try JSONDecoder().decode(MatrixDocument.self, from: Data(text.utf8))
        } catch let error as DecodingError {
            throw ReportError.notADocument(problem: error.problem)
        }
        guard RunInfo.isID(document.run.id) else {
            throw ReportError.notADocument(
                problem: "run.id: '\(document.run.id)' is not an id; expected letters, digits, '-' and '_'")
        }
        return document
    }

    private struct Header: Decodable {
        var schema: String
    }
}

extension DecodingError {
    fileprivate var problem: String {
        switch self {
        case .keyNotFound(let key, let context): "\(place(context.codingPath))the key '\(key.stringValue)' is missing"
        case .typeMismatch(_, let context), .valueNotFound(_, let context), .dataCorrupted(let context):
            "\(place(context.codingPath))\(context.debugDescription)"
        @unknown default: "\(self)"
        }
    }

    private func place(_ path: [any CodingKey]) -> String {
        let place = path.map { key in key.intValue.map { "[\($0)]" } ?? ".\(key.stringValue)" }.joined()
        return place.isEmpty ? "" : "\(place.drop { $0 == "." }): "
    }
}
