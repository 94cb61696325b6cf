/// Why a stored log is incomplete.
package enum LogCut: String, Codable, Sendable, Hashable, CaseIterable {
    /// The guest fetched only the first MiB and the verifier's last lines, because a complete log of this length is too
    /// expensive.
    case abridged
    /// It reached the kernel's limit for logs, or the guest's memory.
    case limit

    /// One line for people.
    package var summary: String {
        switch self {
        case .abridged: "abridged; use --full-logs to keep everything"
        case .limit: "truncated at the kernel's limit or the guest's memory"
        }
    }
}
