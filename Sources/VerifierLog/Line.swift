package import MatrixModel

/// One line of a log, or a finding in its place.
package struct Line: Sendable {
    package let text: Substring
    /// The finding behind `text`; `nil` for any other line.
    package let finding: GuestFinding?
    /// The position in the input; `nil` for a line that was not read from it.
    package var origin: Origin?
    /// Whether a logger marked it as a line that reports no failure: `level=info`, `[DEBUG]`.
    var isRoutine = false

    /// A line of the input, before anything was removed or decoded.
    package struct Origin: Sendable, Hashable {
        /// From 1.
        package var line: Int
        /// In bytes from the beginning, without the line feed.
        package var bytes: Range<Int>
    }

    /// In bytes: states with all stack slots take a few thousand, and more adds no information.
    private static let longest = 64 << 10

    /// Parses `raw`, which has no line feed, up to `limit` bytes.
    init(_ raw: Substring, cutAt limit: Int = longest, origin: Origin? = nil) {
        let raw = raw.cut(at: limit)
        let end = raw.utf8.lastIndex { !Self.isTrailing($0) }.map { raw.utf8.index(after: $0) } ?? raw.startIndex
        text = raw[..<end]
        finding = nil
        self.origin = origin
    }

    init(_ finding: GuestFinding) {
        text = Substring(finding.sentence)
        // Those lines are the loader's.
        self.finding = finding.code == .text ? nil : finding
    }

    var bytes: [UInt8] { Array(text.utf8) }

    /// The sections of a report of 7.3 are indented, messages are not.
    var isIndented: Bool { text.utf8.first == UInt8(ascii: " ") }

    func hasPrefix(_ prefix: String) -> Bool { text.utf8.starts(with: prefix.utf8) }

    /// Computed on demand: only the last lines of a long log need it.
    package var kind: LineKind {
        guard finding == nil else { return .message }
        let kind = LineKind(of: text.utf8.span)
        // Blanks of other scripts are not detected by their first byte.
        return kind == .message && text.allSatisfy(\.isWhitespace) ? .blank : kind
    }

    /// The instruction in the line; `nil` on lines of other kinds, and if its text is not an instruction.
    package var instruction: Instruction? { kind == .instruction ? Instruction(line: text) : nil }

    /// The instructions of the branch that starts, or is revisited, here.
    package var branch: (origin: Int, target: Int)? {
        let bytes = text.utf8.span
        return Branch(bytes, from: bytes.end(ofRun: 0x20, from: 0)).map { ($0.origin, $0.target) }
    }

    /// The registers and stack slots that the line shows, in order.
    ///
    /// Up to 5.17, a state is on a separate line *before* the instruction. Since 5.18, it follows the instruction that
    /// produced it, and contains only the changes.
    package var registers: [RegisterState] {
        switch kind {
        case .instruction, .state, .branch: RegisterState.all(in: text)
        default: []
        }
    }

    /// The part of a log that cilium/ebpf quotes after the errno in its summary, `load program: permission denied: …`.
    var quotedLog: Line? {
        guard text.utf8.span.contains("load program: ", from: 0), let start = text.firstRange(of: "load program: "),
            let errno = text[start.upperBound...].firstRange(of: ": ")
        else { return nil }
        // An empty first line is also joined.
        return Line(text[errno.upperBound...].drop { $0 == ":" || $0 == " " }, origin: origin)
    }

    /// What follows a jump on its line and is no state: `17: (c5) if r1 s< 0x1e8480 goto pc-11 infinite loop detected at insn 7`.
    ///
    /// Since 5.18 the line of an instruction is left open for its state, and what is said before the state ends up there;
    /// seen in 6.12 to 7.3.
    ///
    /// cilium/ebpf joins the lines of its summary: `7: (71) r1 = *(u8 *)(r9 +23): R9 invalid mem access 'inv'`.
    var messageAfterInstruction: Line? {
        guard kind == .instruction else { return nil }
        let rest: Substring
        if let jump = text.firstRange(of: " goto pc") {
            rest = text[jump.upperBound...].drop { !$0.isWhitespace }
        } else if let end = Instruction.endOfText(in: text) {
            rest = text[end...].dropFirst()
        } else {
            return nil
        }
        let message = Line(rest.drop { $0.isWhitespace }, origin: origin)
        return message.kind == .message ? message : nil
    }

    private static func isTrailing(_ byte: UInt8) -> Bool { byte <= 0x20 }
}

extension Substring {
    /// The first `limit` bytes, or up to three fewer so that the last character is complete.
    fileprivate func cut(at limit: Int) -> Substring {
        guard var end = utf8.index(startIndex, offsetBy: limit, limitedBy: endIndex), end < endIndex else {
            return self
        }
        while end > startIndex, utf8[end] & 0xC0 == 0x80 { end = utf8.index(before: end) }
        return self[..<end]
    }
}
