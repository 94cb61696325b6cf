/// A table for GitHub and GitLab.
struct MarkdownTable {
    /// Cells are Markdown already: `MarkdownText` makes them of text.
    static func render(header: [String], rows: [[String]]) -> [String] {
        ([header, header.map { _ in "---" }] + rows).map { "| \($0.joined(separator: " | ")) |" }
    }
}

/// Text that Markdown shows as it is and in which no page finds an element.
enum MarkdownText {
    /// Outside of code: what would mean something gets a backslash, and no line ends.
    static func escaped(_ text: String) -> String {
        var result = ""
        for character in TerminalText.escaped(text) {
            switch character {
            case "<": result += "&lt;"
            case ">": result += "&gt;"
            case "&": result += "&amp;"
            case "\\", "`", "*", "_", "{", "}", "[", "]", "#", "|", "~", "@": result += "\\\(character)"
            default: result.append(character)
            }
        }
        return result
    }

    /// As code; a bar would end the table's cell even there.
    static func code(_ text: String) -> String {
        let text = TerminalText.escaped(text).replacing("|", with: "\\|")
        guard !text.isEmpty else { return "" }
        let ticks = text.split(omittingEmptySubsequences: true) { $0 != "`" }.map(\.count).max() ?? 0
        let fence = String(repeating: "`", count: ticks + 1)
        return ticks == 0 ? "\(fence)\(text)\(fence)" : "\(fence) \(text) \(fence)"
    }
}
