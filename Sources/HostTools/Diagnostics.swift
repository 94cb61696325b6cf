/// Formatting for lines of the diagnostic log.
package enum Diagnostics {
    /// The command in shell syntax, without the credentials of URLs.
    package static func command(_ words: [String]) -> String {
        words.map(quoted).joined(separator: " ").replacing(/:\/\/[^\/@\s]*@/, with: "://…@")
    }

    /// In seconds, such as `0.123 s`.
    package static func seconds(since start: ContinuousClock.Instant) -> String {
        seconds((ContinuousClock.now - start) / .seconds(1))
    }

    package static func seconds(_ seconds: Double) -> String { "\((seconds * 1000).rounded() / 1000) s" }

    private static func quoted(_ word: String) -> String {
        let isPlain = word.allSatisfy { $0.isASCII && ($0.isLetter || $0.isNumber || "-_=+./:,@%".contains($0)) }
        return isPlain && !word.isEmpty ? word : "'" + word.replacing("'", with: "'\\''") + "'"
    }
}
