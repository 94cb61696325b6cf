/// A table for GitHub and GitLab.
struct MarkdownTable {
    /// Cells contain Markdown: use `MarkdownText` to convert text.
    static func render(header: [String], rows: [[String]]) -> [String] {
        ([header, header.map { _ in "---" }] + rows).map { "| \($0.joined(separator: " | ")) |" }
    }
}
