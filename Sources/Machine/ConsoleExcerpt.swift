/// The most informative line of a guest's console.
///
/// Only lines with the kernel's time stamp count, because programs write to the console as well.
package enum ConsoleExcerpt {
    /// The decompressor of a kernel prints its error, then this text, and halts.
    ///
    /// Source: error() in arch/x86/boot/compressed of Linux, 3.10 to 7.3.
    private static let halted = "-- System halted"

    /// How the kernel died, or else how it locked up: the first line that reports it, without its time stamp; `nil` if
    /// the console contains no such line.
    ///
    /// Kernels on a busy host report stalls; a fatal error follows later and takes precedence.
    package static func crash(in console: [UInt8]) -> String? {
        let found = signs(in: console).filter { $0.weight >= .lockUp }
        return (found.first { $0.weight == .death } ?? found.first)?.words
    }

    /// The most severe message of the kernel, including warnings; `nil` if there is none.
    package static func trouble(in console: [UInt8]) -> String? {
        let found = signs(in: console)
        let worst = found.map(\.weight).max()
        return found.first { $0.weight == worst }?.words
    }

    /// For a guest that never started: how its kernel died, or else its last message; `nil` if it wrote nothing.
    package static func lastWords(in console: [UInt8]) -> String? {
        let last = lines(of: console).last { line in
            line.contains { !$0.isWhitespace } && !line.contains(halted)
                && !ConsoleSign.isHarmless(kernelWords(of: line) ?? line)
        }
        return trouble(in: console) ?? last.map(shortened)
    }

    /// Whether the image could not even be unpacked: no more output will follow, but QEMU continues to run.
    package static func isHalted(_ console: [UInt8]) -> Bool {
        let tail = console.suffix(halted.utf8.count + 16)
        return String(decoding: tail, as: UTF8.self).contains(halted)
    }

    private static func signs(in console: [UInt8]) -> [(weight: ConsoleSign.Weight, words: String)] {
        let words = lines(of: console).compactMap(kernelWords)
        return words.enumerated().compactMap { number, line in
            guard let sign = ConsoleSign.all.first(where: { $0.fits(line) }) else { return nil }
            // A report of a stall has several lines.
            let report = words[number...].prefix(reportLines)
            let isHosts = sign.weight == .lockUp && report.contains { $0.contains(ConsoleSign.hostsFault) }
            return isHosts ? nil : (sign.weight, shortened(line))
        }
    }

    private static let reportLines = 8

    /// The text after the time stamp, `[   12.345678] ` or with the task `[   12.345678][   T48] `; `nil` if there is
    /// none.
    ///
    /// It may follow the output of a program that did not end its line.
    private static func kernelWords(of line: Substring) -> Substring? {
        var rest = line
        while let bracket = rest.firstIndex(of: "[") {
            rest = rest[rest.index(after: bracket)...]
            if let words = afterStamp(rest) { return words }
        }
        return nil
    }

    private static func afterStamp(_ text: Substring) -> Substring? {
        guard let end = text.firstIndex(of: "]") else { return nil }
        let parts = text[..<end].drop { $0 == " " }.split(separator: ".", omittingEmptySubsequences: false)
        let isStamp = parts.count == 2 && parts.allSatisfy { !$0.isEmpty && $0.allSatisfy(\.isASCIIDigit) }
        guard isStamp else { return nil }
        var words = text[text.index(after: end)...]
        if words.hasPrefix("["), let task = words.firstIndex(of: "]") { words = words[words.index(after: task)...] }
        return words.first == " " ? words.dropFirst() : nil
    }

    private static func lines(of console: [UInt8]) -> [Substring] {
        String(decoding: console, as: UTF8.self).split(whereSeparator: \.isNewline)
    }

    private static func shortened(_ line: Substring) -> String {
        String(line.drop(while: \.isWhitespace).prefix(300))
    }
}

extension Character {
    fileprivate var isASCIIDigit: Bool { ("0"..."9").contains(self) }
}
