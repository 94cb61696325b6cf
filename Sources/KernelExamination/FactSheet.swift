/// Facts as lines for people.
package struct FactSheet: Sendable, Equatable {
    package enum Row: Sendable, Equatable {
        case heading(String)
        case line(label: String, text: String)
        /// Wraps between items.
        case list(label: String, words: [String])
    }

    package var rows: [Row]

    package init(_ rows: [Row]) { self.rows = rows }

    /// The rows in `width` columns: labels on the left, long values wrapped below.
    ///
    /// Empty lists are omitted, and so are headings with empty lists only.
    package func text(width: Int) -> String {
        let shown = rows.filter { if case .list(_, let words) = $0 { !words.isEmpty } else { true } }
        let labels = shown.map(\.label).filter { !$0.isEmpty }
        let column = (labels.map(\.count).max() ?? 0) + 2
        var lines: [String] = []
        for (number, row) in shown.enumerated() {
            switch row {
            case .heading(let text):
                let isLast = number + 1 == shown.count
                if !isLast, shown[number + 1].isHeading { continue }
                if !isLast { lines += ["", text] }
            case .line(let label, let text): lines += [padded(label, to: column) + text]
            case .list(let label, let words):
                lines += Self.wrap(words, width: max(20, width - column)).enumerated().map {
                    padded($0 == 0 ? label : "", to: column) + $1
                }
            }
        }
        return lines.drop(while: \.isEmpty).joined(separator: "\n")
    }

    private func padded(_ label: String, to column: Int) -> String {
        label + String(repeating: " ", count: max(0, column - label.count))
    }

    private static func wrap(_ words: [String], width: Int) -> [String] {
        var lines: [String] = []
        var line = ""
        for (number, word) in words.enumerated() {
            let word = number + 1 < words.count ? word + "," : word
            if !line.isEmpty, line.count + 1 + word.count > width {
                lines.append(line)
                line = ""
            }
            line += line.isEmpty ? word : " " + word
        }
        return lines + [line]
    }
}

extension FactSheet.Row {
    fileprivate var isHeading: Bool { if case .heading = self { true } else { false } }

    fileprivate var label: String {
        switch self {
        case .heading: ""
        case .line(let label, _), .list(let label, _): label
        }
    }
}
