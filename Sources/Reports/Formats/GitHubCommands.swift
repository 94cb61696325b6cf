package import MatrixModel

/// A run as commands of a GitHub workflow: an error for each finding that is not as expected, a warning for each gap and
/// for each exception that expired or excuses nothing.
///
/// On the standard output of a step they become annotations, at the source line where that is known. GitHub shows ten of a kind a
/// step; the summary has the rest.
///
/// Source: GitHub's documentation, "Workflow commands for GitHub Actions"; what is escaped, and how, is from
/// `packages/core/src/command.ts` of actions/toolkit.
package enum GitHubCommands {
    /// One command per line; empty if everything was measured and is as expected.
    package static func render(_ document: MatrixDocument) -> String {
        let spans = KernelSpans(document.kernels)
        let namesLoader = document.rowKeys.needLoaders
        let errors = document.findings.filter { !$0.asExpected }.map { finding in
            let name = "\(finding.probe)/\(finding.variant)" + (namesLoader ? " (\(finding.loader))" : "")
            let cause = [finding.cause, finding.detail].filter { !$0.isEmpty }.joined(separator: ": ")
            let verdict = finding.verdict == .pass ? "" : "\(finding.verdict.rawValue): "
            return command(
                "error", at: finding.location, title: "\(name) on \(spans.words(for: finding.kernels))",
                lines: ["\(verdict)\(cause)", finding.suggestion])
        }
        let warnings = document.gaps.map { gap in
            command(
                "warning", at: nil, title: "\(gap.kernel) was not measured",
                lines: ["\(gap.reason) (\(gap.words))"])
        }
        let exceptions = document.exceptions.compactMap(\.notice).map { notice in
            command("warning", at: nil, title: "exception to review", lines: [notice])
        }
        return (errors + warnings + exceptions).map { $0 + "\n" }.joined()
    }

    private static func command(_ name: String, at place: CodeLocation?, title: String, lines: [String?]) -> String {
        // An absolute path is outside of the repository, where GitHub cannot show it.
        let place = place.flatMap { $0.file.hasPrefix("/") ? nil : $0 }
        let properties =
            (place.map { [("file", $0.file), ("line", "\($0.line)")] } ?? []) + [("title", title)]
        let list = properties.map { "\($0)=\(escaped($1, besides: [":": "%3A", ",": "%2C"]))" }.joined(separator: ",")
        let message = lines.compactMap(\.self).map { escaped($0) }.joined(separator: "%0A")
        return "::\(name) \(list)::\(message)"
    }

    private static func escaped(_ text: String, besides more: [Character: String] = [:]) -> String {
        var result = ""
        for character in TerminalText.escaped(text) {
            if character == "%" { result += "%25" } else { result += more[character] ?? String(character) }
        }
        return result
    }
}
