/// An error in a document that should become a report, or was read from one.
package enum ReportError: Error, Equatable, CustomStringConvertible {
    case notADocument(problem: String)
    case unknownSchema(found: String, supported: String)
    /// The built-in page cannot be filled, which is a bug in compat-matrix.
    case brokenTemplate(problem: String)
    /// zlib's status: it is out of memory.
    case notCompressed(status: Int32)

    package var description: String {
        switch self {
        case .notADocument(let problem): "not a compat-matrix document: \(problem)"
        case .unknownSchema(let found, let supported):
            "the document's schema is '\(found)'; this version of compat-matrix supports '\(supported)'"
        case .notCompressed(let status): "cannot compress the logs of the report: zlib error \(status)"
        case .brokenTemplate(let problem): "cannot fill the template of the report: \(problem)"
        }
    }
}
