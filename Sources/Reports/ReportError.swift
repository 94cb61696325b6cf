/// What is wrong with a document that should become a report, or was read back from one.
package enum ReportError: Error, Equatable, CustomStringConvertible {
    case notADocument(problem: String)
    case unknownSchema(found: String, supported: String)
    /// The page inside this program cannot be filled: a bug of ours.
    case brokenTemplate(problem: String)
    /// What zlib said; it has no memory.
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
