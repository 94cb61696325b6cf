internal import CPCRE2
import Synchronization

/// A regular expression of the catalogue, in PCRE2's syntax.
///
/// Most lines contain none of the pattern's `literals`, and are rejected without running the expression. It is compiled
/// on first use: a run uses few of hundreds, and each takes time and memory.
final class LinePattern: Sendable {
    struct SyntaxError: Error, CustomStringConvertible {
        /// What PCRE2 says, and after how many bytes of the expression.
        var description: String
    }

    /// The verifier truncates messages at 1024 bytes; loaders put a prefix of their own before them.
    ///
    /// Source: Linux, include/linux/bpf_verifier.h, `BPF_VERIFIER_TMP_LOG_SIZE`.
    private static let longest = 2048

    private let text: String
    /// Every matching line contains one of these; empty if no such text is known.
    let literals: [[UInt8]]
    private let compiled = Mutex<Expression?>(nil)

    /// - Parameters:
    ///   - text: In PCRE2's syntax.
    ///   - literals: Every matching line contains one of these; empty if no such text is known.
    init(_ text: String, literals: [String]) {
        self.text = text
        self.literals = literals.map { Array($0.utf8) }
    }

    /// - Throws: `SyntaxError` if the text is not a regular expression.
    func check() throws(SyntaxError) { _ = try Expression(text) }

    private var expression: Expression {
        compiled.withLock { compiled in
            if let compiled { return compiled }
            do throws(SyntaxError) {
                let expression = try Expression(text)
                compiled = expression
                return expression
            } catch {
                preconditionFailure("the catalogue's pattern \(text) is broken: \(error)")
            }
        }
    }

    /// Does not search for the literals first, because `LiteralIndex` does that for all patterns together.
    func matches(_ line: Substring) -> Bool {
        // The time of some expressions grows faster than the length of the line.
        let start = line.utf8.count > Self.longest ? Line(line, cutAt: Self.longest).text : line
        return expression.matches(start)
    }

    /// The text of the named group in `line`; `nil` if the group or the expression does not match.
    func capture(_ group: String, in line: String) -> String? { expression.capture(group, in: line) }
}

/// A pattern that PCRE2 compiled.
///
/// It does not change afterwards, so threads can share it.
private final class Expression: @unchecked Sendable {
    private let code: OpaquePointer

    init(_ text: String) throws(LinePattern.SyntaxError) {
        var problem: Int32 = 0
        var offset = 0
        guard let code = pcre2_compile_8(text, text.utf8.count, PCRE2_UTF, &problem, &offset, nil) else {
            var message = [UInt8](repeating: 0, count: 256)
            pcre2_get_error_message_8(problem, &message, message.count)
            let words = String(decoding: message.prefix { $0 != 0 }, as: UTF8.self)
            throw LinePattern.SyntaxError(description: "\(words) (after \(offset) bytes)")
        }
        self.code = code
        // Where no memory can be made executable, PCRE2 interprets the expression.
        pcre2_jit_compile_8(code, PCRE2_JIT_COMPLETE)
    }

    deinit { pcre2_code_free_8(code) }

    func matches(_ line: Substring) -> Bool { match(line) { _ in } != nil }

    func capture(_ group: String, in line: String) -> String? {
        let number = Int(pcre2_substring_number_from_name_8(code, group))
        guard number > 0 else { return nil }
        return match(line[...]) { data in
            guard let offsets = pcre2_get_ovector_pointer_8(data) else { return nil }
            let start = offsets[2 * number], end = offsets[2 * number + 1]
            // PCRE2_UNSET of a group that took no part is -1 in Swift, which has `size_t` as `Int`.
            guard start >= 0, start <= end else { return nil }
            return String(line.utf8.dropFirst(start).prefix(end - start))
        } ?? nil
    }

    /// Passes what matched to `body`.
    ///
    /// - Returns: `nil` if there is no match, or none was found within PCRE2's limits.
    private func match<Result>(_ line: Substring, _ body: (OpaquePointer) -> Result) -> Result? {
        guard let data = pcre2_match_data_create_from_pattern_8(code, nil) else { return nil }
        defer { pcre2_match_data_free_8(data) }
        var line = line
        let count = line.withUTF8 { bytes in
            // Text of Swift is valid UTF-8.
            let count = pcre2_match_8(code, bytes.baseAddress, bytes.count, 0, PCRE2_NO_UTF_CHECK, data, nil)
            // The stack for compiled expressions is small; the interpreter uses the heap.
            guard count == PCRE2_ERROR_JIT_STACKLIMIT else { return count }
            let options = PCRE2_NO_UTF_CHECK | PCRE2_NO_JIT
            return pcre2_match_8(code, bytes.baseAddress, bytes.count, 0, options, data, nil)
        }
        return count > 0 ? body(data) : nil
    }
}
