package import MatrixModel

/// A loader's output and findings about a program, in order.
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

    /// The findings, in order.
    package var findings: [GuestFinding] { lines.compactMap(\.finding) }
}
