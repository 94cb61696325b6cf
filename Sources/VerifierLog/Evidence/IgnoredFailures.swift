/// Failures that a loader reports and ignores.
///
/// The kernel's BTF is optional for most objects, and old kernels reject the output of new compilers.
enum IgnoredFailures {
    /// The lines without ignored failures, and without the loader's messages about them above.
    ///
    /// Source: libbpf 0.0.4 to 1.6 `src/libbpf.c`, `bpf_object__sanitize_and_load_btf`, `bpf_object_prepare_token`;
    /// iproute2 4.19 to 6.1 `lib/bpf_legacy.c`, `bpf_btf_load`, whose result is ignored.
    static func removed(from lines: [Line]) -> [Line] {
        var isIgnored = [Bool](repeating: false, count: lines.count)
        for (index, line) in lines.enumerated() {
            if contains(line, anyOf: optional) { isIgnored[index] = true }
            guard contains(line, anyOf: ignored) else { continue }
            isIgnored[index] = true
            let report = lines[..<index].suffix(longestReport)
            let start =
                report.lastIndex { contains($0, anyOf: beginnings) }
                ?? (report.last.map { contains($0, anyOf: ends) } == true ? report.startIndex : nil)
            for above in (start ?? index)..<index { isIgnored[above] = true }
        }
        return zip(lines, isIgnored).filter { !$0.1 }.map(\.0)
    }

    private static let longestReport = 64

    private static let ignored: [StaticString] = [
        "Ignored and continue", "BTF is optional, ignoring", ". Ignoring.", "skipping optional step",
    ]
    private static let beginnings: [StaticString] = [
        "Error loading BTF", "-- BEGIN BTF LOAD LOG", "Error loading .BTF",
    ]
    private static let ends: [StaticString] = ["-- END BTF LOAD LOG"]
    private static let optional: [StaticString] = ["BTF debug data section '.BTF' rejected"]

    private static func contains(_ line: Line, anyOf words: [StaticString]) -> Bool {
        let bytes = line.text.utf8.span
        return words.contains { bytes.contains($0, from: 0) }
    }
}
