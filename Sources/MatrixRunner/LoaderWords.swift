package import MatrixModel
internal import VerifierLog

/// What a loader wrote, and what was found out, in the order in which it came.
package struct LoaderWords: Equatable, Sendable {
    private struct PlacedFinding: Equatable {
        /// How much of the text came before it.
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

    /// What people read: a line for each finding, where it came.
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

    /// What the catalogue reads.
    var output: LoaderOutput {
        var output = LoaderOutput()
        forEach(text: { output.append(String(decoding: $0, as: UTF8.self)) }, finding: { output.append($0) })
        return output
    }

    /// The sentence of the last finding, or the last line where that came later; `nil` where there is neither.
    var lastSentence: String? {
        let rest = text[(placed.last?.place ?? 0)...]
        let line = String(decoding: rest, as: UTF8.self).split(whereSeparator: \.isNewline).last
        // As loaders write it that have no findings.
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
