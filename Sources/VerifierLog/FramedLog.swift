/// A verifier's log between libbpf's two markers, and what libbpf wrote around it.
struct FramedLog {
    let log: String
    let rest: String

    /// `nil` when `text` does not hold both markers; of several logs the last one is taken.
    ///
    /// Source: `-- BEGIN PROG LOAD LOG --` in libbpf.c, bpf_object_load_prog().
    init?(in text: String) {
        // The end is looked for near the end only: most long texts are a bare log and have no marker at all.
        let limit = text.utf8.index(text.endIndex, offsetBy: -LogTail.window, limitedBy: text.startIndex)
        guard
            let end = text.lastLine(
                with: "-- END PROG LOAD LOG --", in: (limit ?? text.startIndex)..<text.endIndex),
            let begin = text.lastLine(with: "-- BEGIN PROG LOAD LOG --", in: text.startIndex..<end.lowerBound)
        else { return nil }
        log = String(text[begin.upperBound..<end.lowerBound])
        rest = String(text[..<begin.lowerBound]) + String(text[end.upperBound...])
    }
}

extension String {
    /// The last line that holds `marker`, its line feed included.
    fileprivate func lastLine(with marker: String, in range: Range<Index>) -> Range<Index>? {
        let marker = Array(marker.utf8)
        var end = range.upperBound
        while end > range.lowerBound {
            let body = utf8[range.lowerBound..<utf8.index(before: end)]
            let start = body.lastIndex(of: UInt8(ascii: "\n")).map(utf8.index(after:)) ?? range.lowerBound
            if Array(utf8[start..<end]).contains(run: marker) { return start..<end }
            end = start
        }
        return nil
    }
}
