extension FeatureComparison {
    /// Kernels as columns: the rows in which they differ, followed by lists of what all or none of them have.
    ///
    /// In `width` columns: if the kernels do not fit side by side, a section continues below itself. `nil` means
    /// unlimited width.
    package func text(width: Int?) -> String {
        let parts = Self.merged(sections).map { section in
            (table(of: section, width: width) + folded(section, width: width)).joined(separator: "\n")
        }
        return parts.joined(separator: "\n\n")
    }

    /// The rows in which the kernels differ, and the number of equal rows.
    package func differences(width: Int?) -> String {
        let differing = sections.map { section in
            Section(title: section.title, rows: section.rows.filter(\.differs), isCatalogue: section.isCatalogue)
        }.filter { !$0.rows.isEmpty }
        let same = sections.flatMap(\.rows).filter { !$0.differs }.count
        let tables = Self.merged(differing).map { table(of: $0, width: width).joined(separator: "\n") }
        return (tables + ["\(same) more features are the same"]).joined(separator: "\n\n")
    }

    /// Merges equal sections: program types often have the same helpers.
    private static func merged(_ sections: [Section]) -> [Section] {
        sections.reduce(into: []) { merged, section in
            if section.isCatalogue, let twin = merged.firstIndex(where: { $0.isCatalogue && $0.rows == section.rows }) {
                let subject = section.title.split(separator: " ").last ?? ""
                merged[twin].title += ", \(subject)"
            } else {
                merged.append(section)
            }
        }
    }

    private func table(of section: Section, width: Int?) -> [String] {
        let rows = section.rows.filter(\.differs)
        guard !rows.isEmpty else { return [section.title] }
        let groups = section.isCatalogue ? Group.of(rows) : rows.map { Group(label: $0.name, marks: $0.marks) }
        // The title of a catalogue can be long.
        let title = section.isCatalogue ? "" : section.title
        let label = max(title.count, (groups.map(\.label.count).max() ?? 0) + Self.indent.count)
        let widths = kernels.indices.map { column in
            groups.map { $0.marks[column].text.count }.reduce(kernels[column].count, max)
        }
        let above = section.isCatalogue ? [section.title] : []
        return above
            + Self.blocks(of: widths, room: width.map { $0 - label }).flatMap { block in
                let header = ([padded(title, label)] + block.map { padded(kernels[$0], widths[$0]) })
                return [Self.line(header)]
                    + groups.flatMap { group -> [String] in
                        let marks = block.map { padded(group.marks[$0].text, widths[$0]) }
                        return [Self.line([padded(Self.indent + group.label, label)] + marks)]
                            + Self.list(group.names, width: width, indent: Self.indent + Self.indent)
                    }
            }
    }

    /// The features that are the same in all kernels.
    private func folded(_ section: Section, width: Int?) -> [String] {
        let same = section.rows.filter { !$0.differs }
        func names(_ mark: Mark) -> [String] { same.filter { $0.marks.first == mark }.map(\.name) }
        let others = same.filter { if case .text? = $0.marks.first { true } else { false } }
        let lists = [
            ("in all", names(.present)), ("in none", names(.absent)), ("unknown", names(.unknown)),
            ("the same in all", others.map { "\($0.name)=\($0.marks.first?.text ?? "")" }),
        ]
        return lists.filter { !$0.1.isEmpty }.flatMap { label, names in
            Self.list(["\(label):"] + names, width: width, indent: Self.indent, labels: 1)
        }
    }

    private static let indent = "  "

    private static func line(_ cells: [String]) -> String {
        let text = cells.joined(separator: indent)
        return String(text.reversed().drop(while: \.isWhitespace).reversed())
    }

    private func padded(_ text: String, _ width: Int) -> String {
        text + String(repeating: " ", count: max(0, width - text.count))
    }

    /// Groups of columns that fit side by side in `room`, at least one column each.
    private static func blocks(of widths: [Int], room: Int?) -> [[Int]] {
        guard let room else { return [Array(widths.indices)] }
        var blocks: [[Int]] = [[]]
        var used = 0
        for (column, width) in widths.enumerated() {
            let needed = width + indent.count
            if used + needed > room, used > 0 {
                blocks.append([])
                used = 0
            }
            blocks[blocks.count - 1].append(column)
            used += needed
        }
        return blocks
    }

    /// A comma-separated list of words after `start`, wrapped to `width`.
    private static func list(
        _ words: [String], width: Int?, indent: String, labels start: Int = 0
    ) -> [String] {
        var lines: [String] = []
        var line = ""
        for (number, word) in words.enumerated() {
            let word = number >= start && number + 1 < words.count ? word + "," : word
            if !line.isEmpty, indent.count + line.count + 1 + word.count > max(40, width ?? 100) {
                lines.append(indent + line)
                line = String(repeating: " ", count: start * 2)
            }
            line += line.allSatisfy(\.isWhitespace) ? word : " " + word
        }
        return line.isEmpty ? lines : lines + [indent + line]
    }

    /// Equal rows of a catalogue.
    private struct Group {
        var label: String
        var marks: [Mark]
        var names: [String] = []

        static func of(_ rows: [Row]) -> [Group] {
            var groups: [Group] = []
            for row in rows {
                if let index = groups.firstIndex(where: { $0.marks == row.marks }) {
                    groups[index].names.append(row.name)
                } else {
                    groups.append(Group(label: "", marks: row.marks, names: [row.name]))
                }
            }
            for index in groups.indices { groups[index].label = "\(groups[index].names.count) of these" }
            return groups
        }
    }
}

extension FeatureComparison.Mark {
    fileprivate var text: String {
        switch self {
        case .present: "yes"
        case .absent: "-"
        case .unknown: "?"
        case .text(let text): text
        }
    }
}
