/// A table for GitHub and GitLab.
struct MarkdownTable {
    /// Cells are Markdown already: `MarkdownText` makes them of text.
    static func render(header: [String], rows: [[String]]) -> [String] {
        ([header, header.map { _ in "---" }] + rows).map { "| \($0.joined(separator: " | ")) |" }
    }
}
