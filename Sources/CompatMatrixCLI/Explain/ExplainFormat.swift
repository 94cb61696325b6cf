import ArgumentParser

/// What `explain` prints.
enum ExplainFormat: String, ExpressibleByArgument, CaseIterable, Sendable {
    /// The log and what it means, for a terminal.
    case text
    /// What the log means, for an issue.
    case markdown
    case json
}
