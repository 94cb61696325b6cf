/// The report that Linux 7.3 prints below its message.
///
/// Source: Linux 7.3 `kernel/bpf/diagnostics.c`.
struct KernelReport {
    static let title = "Verification failed: "

    var reason: String
    var at: String?
    /// One line per event: `branch: took the false branch of this conditional, goto not followed`.
    var path: [String]
    var suggestion: String?

    /// `nil` if the log contains no report; a part of a report is enough.
    init?(in lines: [Line]) {
        guard let start = lines.lastIndex(where: { $0.hasPrefix(Self.title) }) else { return nil }
        var blocks: [Substring: [Substring]] = [:]
        var name: Substring?
        for line in lines[(start + 1)...] {
            if let heading = Self.headings.first(where: { line.text == $0 }) {
                name = heading.dropLast()
            } else if line.kind == .blank || line.isIndented {
                if let name { blocks[name, default: []].append(line.text) }
            } else if name == "Suggestion" {
                break
            }
        }
        let title = lines[start].text.dropFirst(Self.title.count).trimmed
        reason = blocks["Reason"].flatMap(Self.joined) ?? title
        at = blocks["At"].flatMap { Place.all(in: $0).first?.words }
        path = Place.all(in: blocks["Causal path"] ?? []).map(\.words)
        suggestion = blocks["Suggestion"].flatMap(Self.joined)
    }

    private static let headings: [Substring] = ["Reason:", "At:", "Causal path:", "Suggestion:"]

    /// `nil` for a section whose text was cut off.
    private static func joined(_ lines: [Substring]) -> String? {
        let words = lines.map(\.trimmed).filter { !$0.isEmpty }
        return words.isEmpty ? nil : words.joined(separator: " ")
    }

    /// An event with its source line and instruction.
    private struct Place {
        var function: String
        var source: String?
        var note: String?
        var instruction: String?

        /// `18: (85) call bpf_perf_event_output#25 (error: …) ; return n; @ probe.c:9`.
        var words: String {
            let place = function.split(separator: " @ ").dropFirst().first
            let file = place.map { " @ \($0.split(separator: ":").prefix(2).joined(separator: ":"))" } ?? ""
            return [
                instruction ?? (source == nil ? function : nil), note.map { "(\($0))" },
                source.map { "; \($0)\(file)" },
            ].compactMap(\.self).joined(separator: " ")
        }

        static func all(in lines: [Substring]) -> [Place] {
            var places: [Place] = []
            var isSource = true
            for line in lines where !line.trimmed.isEmpty {
                // A location is indented by two spaces; details about it are indented further or have a heading.
                let indent = line.prefix { $0 == " " }.count
                let text = line.trimmed
                if text == "Source context:" || text == "Instruction context:" {
                    isSource = text == "Source context:"
                } else if text.hasPrefix(">>>"), let bar = text.firstIndex(of: "|"), !places.isEmpty {
                    let body = text[text.index(after: bar)...].trimmed
                    if isSource {
                        places[places.count - 1].source = body
                    } else {
                        let number = text[..<bar].dropFirst(">>>".count).trimmed
                        places[places.count - 1].instruction = "\(number): \(body)"
                    }
                } else if let arrow = text.firstRange(of: "^-- "), !places.isEmpty {
                    places[places.count - 1].note = String(text[arrow.upperBound...])
                } else if text.hasPrefix("|"), places.last?.note != nil, isSource, places.last?.instruction == nil {
                    places[places.count - 1].note? += " " + text.dropFirst().trimmed
                } else if indent == 2, !text.contains("|") {
                    places.append(Place(function: text))
                }
            }
            return places
        }
    }
}
