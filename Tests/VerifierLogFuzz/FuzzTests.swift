import Foundation
import MatrixModel
import Testing

@testable import Reports
@testable import VerifierLog

/// A log can contain anything, and some of it may be malicious.
///
/// An input is derived from its number alone, so a failing one can be reproduced. If the process dies, no number is
/// printed: narrow it down from the last printed line with `COMPAT_MATRIX_FUZZ_FIRST` and `COMPAT_MATRIX_FUZZ_INPUTS`.
@Suite struct FuzzTests {
    private static func setting(_ name: String, default value: UInt64) -> UInt64 {
        ProcessInfo.processInfo.environment[name].flatMap { UInt64($0) } ?? value
    }

    /// Parts of the inputs that are gone through beside each other.
    private static let shares: UInt64 = 4

    @Test(arguments: 0..<shares)
    func harmsNeitherParserNorReader(share: UInt64) async throws {
        let count = Self.setting("COMPAT_MATRIX_FUZZ_INPUTS", default: 1_000_000) / Self.shares
        let first = Self.setting("COMPAT_MATRIX_FUZZ_FIRST", default: 0) + share * count
        let corpus = try FuzzCorpus(messages: Catalogue.bundled.entries.compactMap(\.example))
        var causes: Set<String> = []
        for number in first..<(first + count) {
            if number % 50_000 == 0 { print("fuzz: input \(number)") }
            // Other tests have time limits.
            if number % 64 == 0 { await Task.yield() }
            let input = corpus.input(number)
            guard let problem = Self.problem(with: input, causes: &causes) else { continue }
            Issue.record("input \(number): \(problem): \(Data(input.bytes).base64EncodedString())")
        }
        // Inputs that reach nothing would prove nothing.
        #expect(count < 25_000 || causes.count > Catalogue.bundled.entries.count / 2)
    }

    /// What is wrong with what is made of `input`; `nil` when nothing is.
    private static func problem(with input: FuzzInput, causes: inout Set<String>) -> String? {
        var reader = LogReader()
        var folder = LogFolder()
        var shown: [UInt8] = []
        for piece in input.pieces {
            reader.feed(piece)
            shown += folder.feed(piece)
        }
        shown += folder.finish()
        let summary = reader.finish()

        if let diagnosis = Catalogue.bundled.diagnosis(of: summary) {
            causes.insert(diagnosis.cause.id)
            if diagnosis.cause.line.isEmpty { return "a cause without a line" }
            if let problem = problem(with: diagnosis.explanation, of: input) { return problem }
        }
        for line in summary.lines {
            if let instruction = line.instruction { touch(instruction) }
            for register in line.registers
            where register.bounds.isUnknown && register.constant != nil && register.isScalar {
                return "a constant without bounds"
            }
        }
        if summary.byteCount != input.bytes.count { return "bytes were lost" }
        if let problem = problem(folded: shown, of: input, lineCount: summary.lineCount) { return problem }
        return problem(shown: shown) ?? (input.number % 16 == 0 ? problem(inHTML: shown) : nil)
    }

    private static func problem(with explanation: Explanation, of input: FuzzInput) -> String? {
        if explanation.reason.isEmpty || explanation.suggestion.isEmpty { return "an explanation that says nothing" }
        if explanation.path.count > 16 { return "a path of \(explanation.path.count) events" }
        return nil
    }

    private static func touch(_ instruction: Instruction) {
        _ = (
            instruction.kind, instruction.destination, instruction.source, instruction.operation, instruction.target,
            instruction.callee
        )
    }

    /// Every line is shown, or said to be hidden.
    private static func problem(folded: [UInt8], of input: FuzzInput, lineCount: Int) -> String? {
        let mark = Array("… ".utf8)
        guard input.bytes.firstRange(of: mark) == nil else { return nil }
        var told = 0
        for line in folded.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false).dropLast() {
            guard line.starts(with: mark) else {
                told += 1
                continue
            }
            let words = line.split(separator: UInt8(ascii: " ")).map { String(decoding: $0, as: UTF8.self) }
            told += words.compactMap { Int($0) }.last ?? 0
        }
        return told == lineCount ? nil : "\(told) lines told of \(lineCount)"
    }

    private static func problem(shown: [UInt8]) -> String? {
        let escaped = TerminalText.escaped(lines: shown)
        guard let text = String(validating: escaped, as: UTF8.self) else { return "not UTF-8" }
        for scalar in text.unicodeScalars {
            switch scalar.value {
            case 0x09, 0x0A: continue
            case 0x00..<0x20, 0x7F..<0xA0, 0x200B...0x200F, 0x2028...0x202E, 0x2060...0x2069, 0xFEFF:
                return "U+\(String(scalar.value, radix: 16)) reaches the terminal"
            default: continue
            }
        }
        return nil
    }

    private static func problem(inHTML shown: [UInt8]) -> String? {
        guard let json = try? HTMLReport.json([String(decoding: shown, as: UTF8.self)]) else { return "no JSON" }
        let isMarkup = json.unicodeScalars.contains { "<>&\u{2028}\u{2029}".unicodeScalars.contains($0) }
        return isMarkup ? "the script element can be left" : nil
    }

    /// What one input is not long enough for.
    @Test(arguments: [
        "x", "R1 ", "(", "R1=(", "from 1 to 2: safe", "\u{1b}[2J", "12: (85) call bpf_loop#181 ; R0=",
        "R1=scalar(smin=",
    ])
    func standsAnEndlessLine(part: String) throws {
        let line = Array(String(repeating: part, count: (4 << 20) / part.utf8.count).utf8)
        var reader = LogReader()
        var folder = LogFolder()
        var shown = 0
        for _ in 0..<8 {
            reader.feed(line)
            shown += folder.feed(line).count
        }
        shown += folder.finish().count
        #expect(shown < 1 << 20)
        let summary = reader.finish()
        #expect(summary.lineCount == 1)
        _ = Catalogue.bundled.cause(ofText: summary)
    }

    /// Lines of which every one has to be looked up.
    @Test func standsAMillionMessages() {
        var reader = LogReader()
        let lines = Array(String(repeating: "R1 is not what it was\nlibbpf: R1\n", count: 30_000).utf8)
        for _ in 0..<17 { reader.feed(lines) }
        let summary = reader.finish()
        let cause = Catalogue.bundled.cause(ofText: summary)
        #expect(cause?.id == Catalogue.unknown)
        #expect(cause.map { Catalogue.bundled.explanation(of: $0, ofText: summary) }?.path == [])
    }

    /// A number that is moved and checked in each of many rounds has a long history.
    @Test func standsALongLoop() throws {
        let round = "5: (bf) r5 = r2\n6: (bf) r2 = r5\n7: (c5) if r2 s< 0x1e8480 goto pc-3\n"
        let call =
            "8: (85) call bpf_perf_event_output#25\nR5 min value is negative, either use unsigned or 'var &= const'\n"
        let summary = LogSummary(of: String(repeating: round, count: 20_000) + call)
        let cause = try #require(Catalogue.bundled.cause(ofText: summary))
        let explanation = Catalogue.bundled.explanation(of: cause, ofText: summary)
        #expect(explanation.shape == LengthShape.copy.rawValue)
        #expect((1...16).contains(explanation.path.count))
    }
}
