package import MatrixModel

/// A run for a terminal: the matrix, then failures and their causes, then cells that were not measured.
package enum TerminalTable {
    package enum Style: Sendable { case plain, colour }

    /// Renders the table; it ends with a line break.
    ///
    /// - Parameters:
    ///   - document: The run.
    ///   - style: `plain` for files, pipes and `NO_COLOR`, which the caller checks.
    ///   - width: Columns of the terminal. Kernels that do not fit continue in another block below, and long lines are
    ///     cut. `nil` means unlimited, as for a file.
    /// - Returns: The table, with control characters from guests written as `\u{1b}`.
    package static func render(_ document: MatrixDocument, style: Style, width: Int?) -> String {
        let grid = TerminalGrid(document, paint: Paint(style: style))
        let notes = TerminalNotes(document, paint: Paint(style: style), width: width)
        let parts = grid.blocks(width: width) + notes.sections
        return parts.filter { !$0.isEmpty }.map { $0.joined(separator: "\n") }.joined(separator: "\n\n") + "\n"
    }
}

struct Paint {
    var style: TerminalTable.Style

    func callAsFunction(_ text: String, _ colour: String) -> String {
        style == .plain || text.isEmpty ? text : "\u{1b}[\(colour)m\(text)\u{1b}[0m"
    }
}

/// The matrix itself, split into blocks of columns that fit the terminal's width.
struct TerminalGrid {
    private struct Column {
        var head: [String]
        var cells: [RowKey: CellResult]
        var width: Int
    }

    private let rows: [RowKey]
    private let columns: [Column]
    private let paint: Paint
    private let namesLoader: Bool
    private let labelWidth: Int

    private static let gap = 2

    init(_ document: MatrixDocument, paint: Paint) {
        let rows = document.rowKeys
        let namesLoader = rows.needLoaders
        let cells = Dictionary(grouping: document.cells, by: \.kernel)
        self.rows = rows
        self.paint = paint
        self.namesLoader = namesLoader
        labelWidth = rows.map { max(Self.label($0, namesLoader).count, $0.probe.count) }.max() ?? 0
        columns = document.kernels.map { kernel in
            let id = KernelID(kernel.id)
            let family = id?.family ?? kernel.family
            let version = id == nil ? kernel.id : String(kernel.id.dropFirst(family.count + 1))
            let column = Dictionary(
                (cells[kernel.id] ?? []).map { ($0.row, $0) }, uniquingKeysWith: { first, _ in first })
            let head = [family, version].map(TerminalText.escaped)
            return Column(
                head: head, cells: column, width: (head + column.values.map(Self.text)).map(\.count).max() ?? 0)
        }
    }

    func blocks(width: Int?) -> [[String]] {
        var blocks: [[Column]] = []
        var used = 0
        for column in columns {
            let needed = Self.gap + column.width
            if let last = blocks.indices.last, width.map({ used + needed <= $0 }) ?? true {
                blocks[last].append(column)
                used += needed
            } else {
                blocks.append([column])
                used = labelWidth + needed
            }
        }
        return blocks.map(lines)
    }

    private func lines(of columns: [Column]) -> [String] {
        var lines = (0..<2).map { line in
            joined("", columns.map { (TerminalText.padded($0.head[line], to: $0.width)) })
        }
        var probe: String?
        for row in rows {
            if row.probe != probe {
                lines.append(paint(TerminalText.escaped(row.probe), "1"))
                probe = row.probe
            }
            let cells = columns.map { column in
                let text = column.cells[row].map(Self.text) ?? ""
                let colour = column.cells[row].map { ($0.isUnexpected ? "1;" : "") + $0.verdict.terminalColour }
                return paint(text, colour ?? "") + String(repeating: " ", count: column.width - text.count)
            }
            lines.append(joined(Self.label(row, namesLoader), cells))
        }
        return lines
    }

    private func joined(_ label: String, _ cells: [String]) -> String {
        var line = ([TerminalText.padded(label, to: labelWidth)] + cells)
            .joined(separator: String(repeating: " ", count: Self.gap))
        while line.last == " " { line.removeLast() }
        return line
    }

    private static func label(_ row: RowKey, _ namesLoader: Bool) -> String {
        "  " + TerminalText.escaped(namesLoader ? "\(row.variant) (\(row.loader))" : row.variant)
    }

    private static func text(_ cell: CellResult) -> String {
        "\(cell.verdict.symbol) \(cell.verdict.word)" + (cell.isUnexpected ? " ≠" : "")
    }
}
