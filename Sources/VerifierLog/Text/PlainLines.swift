/// The lines of a text as a kernel and a loader wrote them, without what carried them here.
///
/// Takes off terminal sequences, quote marks, code fences, and what loggers put before a line; decodes JSON, logfmt and
/// quoted strings; and joins what a terminal broke. Every line keeps the place where it was read.
struct PlainLines {
    private(set) var lines: [Line] = []

    init(_ raw: [WrappedLines.Piece]) {
        let pieces = WrappedLines.joined(raw.flatMap(Self.displayed))
        lines.reserveCapacity(pieces.count)
        for piece in pieces { add(piece.text, piece.origin, depth: 0) }
    }

    /// JSON in JSON in a quoted string: no more was seen.
    private static let deepest = 4

    /// As a terminal shows it: a carriage return within a line begins another one.
    private static func displayed(_ piece: WrappedLines.Piece) -> [WrappedLines.Piece] {
        var piece = piece
        piece.text = withoutTypography(piece.text)
        piece.text = TerminalSequences.removed(from: piece.text) ?? piece.text
        let carriageReturn = UInt8(ascii: "\r")
        while piece.text.utf8.last == carriageReturn { piece.text = Substring(piece.text.utf8.dropLast()) }
        guard piece.text.utf8.contains(carriageReturn) else { return [piece] }
        return piece.text.utf8.split(separator: carriageReturn).map {
            WrappedLines.Piece(text: Substring($0), origin: piece.origin)
        }
    }

    private mutating func add(_ text: Substring, _ origin: Line.Origin, isRoutine: Bool = false, depth: Int) {
        // What a verifier wrote needs no more than this.
        switch LineKind(of: text.utf8.span) {
        case .message, .loader, .note: break
        default:
            lines.append(Line(text, origin: origin))
            return
        }
        let plain = Self.withoutFrame(text)
        let isRoutine = isRoutine || LinePrefix.isRoutine(text)
        if depth < Self.deepest, StructuredLine.mayEncode(plain.utf8.span), let texts = StructuredLine.texts(in: plain)
        {
            for text in texts {
                let decoded = TerminalSequences.removed(from: text[...]) ?? text[...]
                var parts = decoded.utf8.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
                // A line feed at the end of a record begins no other line.
                if parts.last?.isEmpty == true { parts.removeLast() }
                for part in parts { add(Substring(part), origin, isRoutine: isRoutine, depth: depth + 1) }
            }
        } else {
            var line = Line(plain, origin: origin)
            line.isRoutine = isRoutine
            lines.append(line)
        }
    }

    private static func withoutFrame(_ line: Substring) -> Substring {
        var text = line
        if text.utf8.first == UInt8(ascii: ">") { text = withoutQuoteMarks(text) }
        let blanks = text.utf8.prefix { $0 == 0x20 }.count
        let mark = text.utf8.dropFirst(blanks)
        if mark.starts(with: "```".utf8) || mark.starts(with: "~~~".utf8) { return "" }
        if text.utf8.contains(UInt8(ascii: "&")) { text = withoutEntities(text) }
        return Substring(text.utf8.dropFirst(LinePrefix.length(in: text)))
    }

    /// Replaces typographic blanks and quotation marks, and the `×` of `0×0`, with what the verifier printed.
    private static func withoutTypography(_ text: Substring) -> Substring {
        // No byte of ASCII is this large, and these characters begin with one that is.
        guard text.utf8.contains(where: { $0 >= 0xC2 }) else { return text }
        var text = text
        for (character, plain) in typography { text.replace(character, with: plain) }
        return text
    }

    private static let typography = [
        ("\u{A0}", " "), ("\u{2018}", "'"), ("\u{2019}", "'"), ("\u{201C}", "\""), ("\u{201D}", "\""),
        ("0\u{D7}", "0x"),
    ]

    /// `> `, `>> ` and `> > `; the indentation behind them is that of the line.
    private static func withoutQuoteMarks(_ text: Substring) -> Substring {
        var rest = text.utf8[...]
        while rest.first == UInt8(ascii: ">") {
            rest = rest.dropFirst()
            if rest.first == 0x20 { rest = rest.dropFirst() }
        }
        return Substring(rest)
    }

    /// Of a page that was saved, or of a text that was escaped twice.
    private static func withoutEntities(_ text: Substring) -> Substring {
        var text = text
        for (entity, character) in [("&lt;", "<"), ("&gt;", ">"), ("&quot;", "\""), ("&#39;", "'"), ("&amp;", "&")] {
            text.replace(entity, with: character)
        }
        return text
    }
}
