package import MatrixModel
internal import VerifierLog

/// A loader's output and findings, in the order in which they arrived.
package struct LoaderWords: Equatable, Sendable {
    private struct PlacedFinding: Equatable {
        /// The length of the text before it.
        var place: Int
        var finding: GuestFinding
    }

    /// Without the findings.
    private(set) var text: [UInt8] = []
    private var placed: [PlacedFinding] = []

    package init(_ text: String = "", findings: [GuestFinding] = []) {
        append(Array(text.utf8))
        for finding in findings { append(finding) }
    }

    package mutating func append(_ part: [UInt8]) { text += part }

    package mutating func append(_ finding: GuestFinding) {
        placed.append(PlacedFinding(place: text.count, finding: finding))
    }

    package var findings: [GuestFinding] { placed.map(\.finding) }
    package var isEmpty: Bool { text.isEmpty && placed.isEmpty }

    /// The text for people, with a line for each finding at its position.
    package var bytes: [UInt8] {
        var bytes: [UInt8] = []
        forEach(
            text: { bytes += $0 },
            finding: { finding in
                if let last = bytes.last, last != UInt8(ascii: "\n") { bytes.append(UInt8(ascii: "\n")) }
                bytes += Array("\(finding.line)\n".utf8)
            })
        return bytes
    }

    /// The input of the catalogue.
    var output: LoaderOutput {
        var output = LoaderOutput()
        forEach(text: { output.append(String(decoding: $0, as: UTF8.self)) }, finding: { output.append($0) })
        return output
    }

    /// The sentence of the last finding, or the last line if it came later; `nil` if there is neither.
    var lastSentence: String? {
        let rest = text[(placed.last?.place ?? 0)...]
        let line = String(decoding: rest, as: UTF8.self).split(whereSeparator: \.isNewline).last
        // The format used by loaders without findings.
        return line.map { String($0.trimmingPrefix("compat-matrix: ")) } ?? placed.last?.finding.sentence
    }

    private func forEach(text visit: (ArraySlice<UInt8>) -> Void, finding visitFinding: (GuestFinding) -> Void) {
        var done = 0
        for part in placed {
            if part.place > done { visit(text[done..<part.place]) }
            visitFinding(part.finding)
            done = part.place
        }
        if text.count > done { visit(text[done...]) }
    }
}
