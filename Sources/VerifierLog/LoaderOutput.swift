package import MatrixModel

/// What a loader wrote and found out about a program, in that order.
package struct LoaderOutput: Sendable {
    /// Messages and findings, without a log that is framed in them.
    package private(set) var lines: [Line] = []
    /// The last verifier log that is framed in the text the way libbpf frames one; `nil` if there is none.
    package private(set) var log: [Line]?

    package init(_ text: String = "") { append(text) }

    init(lines: [Line]) { self.lines = lines }

    package mutating func append(_ text: String) {
        guard !text.isEmpty else { return }
        let summary = LogSummary(of: text)
        lines += summary.isWrapped ? summary.loaderLines : summary.allLines
        if summary.isWrapped { log = summary.lines }
    }

    package mutating func append(_ finding: GuestFinding) { lines.append(Line(finding)) }

    /// What was found out, in its order.
    package var findings: [GuestFinding] { lines.compactMap(\.finding) }
}
