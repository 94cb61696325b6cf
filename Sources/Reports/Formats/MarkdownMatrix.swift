import MatrixModel

/// The matrix as a Markdown table: one row per variant, one column per kernel.
struct MarkdownMatrix {
    private let kernels: [KernelRow]
    private let rows: [RowKey]
    private let cells: [String: [RowKey: CellResult]]
    private let namesLoader: Bool

    init(_ document: MatrixDocument) {
        kernels = document.kernels
        rows = document.rowKeys
        cells = Dictionary(grouping: document.cells, by: \.kernel).mapValues { cells in
            Dictionary(cells.map { ($0.row, $0) }, uniquingKeysWith: { first, _ in first })
        }
        namesLoader = rows.needLoaders
    }

    /// Rows that do not fit into `budget` bytes are counted; if even the header is too wide, only the size is stated.
    func lines(budget: Int) -> [String] {
        guard !rows.isEmpty, !kernels.isEmpty else { return [] }
        let head = [
            "| | " + kernels.map { MarkdownText.code(TerminalText.shortened($0.id, to: 64)) }.joined(separator: " | ")
                + " |",
            "|:--|" + String(repeating: ":-:|", count: kernels.count),
        ]
        let left = budget - head.reduce(0) { $0 + $1.utf8.count + 1 }
        let (body, leftOut) = MarkdownText.fitting(rows.map(line), into: left)
        guard !body.isEmpty else {
            return ["The full report contains the matrix of \(rows.count) variants on \(kernels.count) kernels.", ""]
        }
        let note = leftOut == 0 ? [] : ["… and \(leftOut) more variants, in the full report.", ""]
        return ["### Matrix", ""] + head + body + [""] + note
    }

    private func line(_ row: RowKey) -> String {
        let name = "\(row.probe)/\(row.variant)" + (namesLoader ? " (\(row.loader))" : "")
        let answers = kernels.map { kernel -> String in
            guard let cell = cells[kernel.id]?[row] else { return "" }
            return cell.isUnexpected ? "**\(cell.verdict.symbol) ≠**" : cell.verdict.symbol
        }
        return "| \(MarkdownText.code(TerminalText.shortened(name, to: 200))) | \(answers.joined(separator: " | ")) |"
    }
}
