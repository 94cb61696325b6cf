import ArgumentParser

/// The output formats of `explain`.
enum ExplainFormat: String, ExpressibleByArgument, CaseIterable, Sendable {
    /// The log and its explanation, for a terminal.
    case text
    /// The explanation, for an issue.
    case markdown
    case json
}
