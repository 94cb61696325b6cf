/// Text that Markdown displays and never interprets.
enum MarkdownText {
    /// `text` as code, on one line, suitable for a table cell.
    ///
    /// An element instead of backticks: everything that could end it is an entity, which Markdown decodes but does not
    /// interpret. GitHub and GitLab do not turn code into mentions, issues or emoji.
    static func code(_ text: String) -> String { text.isEmpty ? "" : "<code>\(escaped(text))</code>" }

    /// `text` with everything that Markdown, HTML or a table could interpret written as entities.
    private static func escaped(_ text: String) -> String {
        var result = ""
        let scalars = Array(TerminalText.escaped(text).unicodeScalars)
        for (place, scalar) in scalars.enumerated() {
            let isActive =
                active.contains(scalar)
                // `https://…` and `www.…` become links even without markup.
                || scalar == ":" && place + 1 < scalars.count && scalars[place + 1] == "/"
                || scalar == "." && place > 0 && (scalars[place - 1] == "w" || scalars[place - 1] == "W")
            if isActive { result += "&#\(scalar.value);" } else { result.unicodeScalars.append(scalar) }
        }
        return result
    }

    private static let active: Set<Unicode.Scalar> = [
        "\\", "`", "*", "_", "[", "]", "<", ">", "&", "@", "|", "~", "$", "#",
    ]

    /// `text` as a sentence: escaped, and split so that it mentions no user and no issue.
    static func prose(_ text: String) -> String {
        var result = ""
        for character in escaped(text).split(separator: ";", omittingEmptySubsequences: false) {
            if !result.isEmpty { result += ";" }
            result += character
            if character.hasSuffix("&#64") || character.hasSuffix("&#35") { result += ";&#8203" }
        }
        return result
    }

    /// The first lines of `lines` that fit into `budget` bytes, and the number of the others.
    static func fitting(_ lines: [String], into budget: Int) -> (kept: [String], leftOut: Int) {
        var used = 0
        for (place, line) in lines.enumerated() {
            used += line.utf8.count + 1
            if used > budget { return (Array(lines[..<place]), lines.count - place) }
        }
        return (lines, 0)
    }
}
