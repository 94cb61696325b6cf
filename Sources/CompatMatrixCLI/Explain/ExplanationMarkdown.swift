import MatrixModel
import Reports
import VerifierLog

/// The explanation of a text as Markdown that can be pasted into an issue.
struct ExplanationMarkdown {
    let explanation: LogExplanation
    let name: String

    var text: String {
        guard let cause = explanation.cause, let told = explanation.explanation else {
            return "No rejection found in \(Self.code(name))."
        }
        var parts = Self.parts(cause, told, explanation.span, explanation.sketch)
        for other in explanation.earlier {
            parts += ["---", "Earlier log:"] + Self.parts(other.cause, other.explanation, other.span)
        }
        return parts.joined(separator: "\n\n")
    }

    /// The answer, the line, the reason and the fix, followed by the evidence.
    private static func parts(
        _ cause: Cause, _ told: Explanation, _ span: LogExplanation.Place?, _ sketch: FixSketch? = nil
    ) -> [String] {
        let answer = told.answer
        let place = span.map { ", line \($0.line)" } ?? ""
        var parts = [
            "**\(plain(answer.sentence))**",
            "\(code(cause.line)) (`\(cause.id)`\(place))",
        ]
        if let rest = answer.rest { parts.append("**Reason:** \(plain(rest))") }
        parts.append("**Fix:** \(plain(told.suggestion))")
        if let sketch { parts.append(code(sketch)) }
        if let at = told.at { parts.append("**At:** \(code(at))") }
        if !told.path.isEmpty {
            parts.append(
                "<details><summary>Path</summary>\n\n" + fenced(told.path.joined(separator: "\n"), as: "text")
                    + "\n\n</details>")
        }
        parts += told.facts.map { fact in "- \(plain(fact))" }.joinedIfAny
        return parts
    }

    private static func code(_ sketch: FixSketch) -> String {
        "Before:\n\n\(fenced(sketch.before, as: sketch.language.rawValue))\n\n"
            + "After:\n\n\(fenced(sketch.after, as: sketch.language.rawValue))"
    }

    /// A fence longer than any run of backquotes in `text`, so that no log can end it.
    private static func fenced(_ text: String, as language: String) -> String {
        let fence = String(repeating: "`", count: max(3, longestRun(in: text) + 1))
        let lines = text.split(separator: "\n", omittingEmptySubsequences: false)
            .map { line in TerminalText.escaped(String(line).replacing("\t", with: "    ")) }
        return ([fence + language] + lines + [fence]).joined(separator: "\n")
    }

    private static func code(_ text: String) -> String {
        let quote = String(repeating: "`", count: longestRun(in: text) + 1)
        let pad = text.hasPrefix("`") || text.hasSuffix("`") ? " " : ""
        return quote + pad + TerminalText.escaped(text) + pad + quote
    }

    private static func longestRun(in text: String) -> Int {
        text.split { $0 != "`" }.map(\.count).max() ?? 0
    }

    /// Prose: code in backquotes stays code, and nothing else is interpreted as markup.
    ///
    /// `#12` would become a link to an issue. An underscore within a word is not markup.
    private static func plain(_ text: String) -> String {
        var isCode = false
        return TerminalText.escaped(text).reduce(into: "") { result, character in
            if character == "`" { isCode.toggle() }
            let isWithinWord = character == "_" && result.last?.isLetter == true
            if !isCode, !isWithinWord, "*_<>[]|#".contains(character) { result.append("\\") }
            result.append(character)
        }
    }
}

extension [String] {
    /// All lines joined to one text; empty for no lines.
    fileprivate var joinedIfAny: [String] { isEmpty ? [] : [joined(separator: "\n")] }
}
