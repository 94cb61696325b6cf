/// What stands before each line of a log: `\t`, `[   12.345678] `, `Nov 22 10:00:00 host probe[7]: `.
struct Decoration {
    private let text: [UInt8]

    /// A prefix of the last line of a log in `lines` and of an adjacent line; `nil` if there is none.
    init?(of lines: [Line]) {
        for index in lines.indices.reversed().prefix(Self.linesLookedAt) {
            guard let found = Decoration(of: lines[index].text.utf8.span) else { continue }
            let neighbours = [index - 1, index + 1].filter(lines.indices.contains)
            if neighbours.contains(where: { found.taken(off: lines[$0]) != nil }) {
                self = found
                return
            }
        }
        return nil
    }

    /// What stands before the part of `line` that a verifier wrote; `nil` where that is nothing, or no such part is seen.
    init?(of line: Span<UInt8>) {
        guard [.message, .types].contains(LineKind(of: line)) else { return nil }
        for index in 1..<max(min(line.count, Self.longest), 1) where line[index] != 0x20 {
            guard line[index - 1] == 0x20 || line[index - 1] == 0x09 else { continue }
            let rest = line.extracting(index..<line.count)
            switch LineKind(of: rest) {
            case .instruction, .branch, .pruned, .precision: break
            case .total where rest.hasPrefix("processed ", at: 0) && rest.number(from: 10) != nil: break
            default: continue
            }
            text = line.extracting(first: index).bytes
            return
        }
        return nil
    }

    /// The line without the decoration, `nil` when it does not have it; times and numbers may differ.
    func taken(off line: Line) -> Line? {
        length(in: line.text.utf8.span).map {
            var rest = Line(Substring(line.text.utf8.dropFirst($0)), origin: line.origin)
            rest.isRoutine = line.isRoutine
            return rest
        }
    }

    /// How many bytes of the line are the decoration.
    func length(in line: Span<UInt8>) -> Int? {
        guard line.count >= text.count else { return nil }
        for index in text.indices where line[index] != text[index] {
            guard Self.isDigitOrBlank(line[index]), Self.isDigitOrBlank(text[index]) else { return nil }
        }
        return text.count
    }

    private static let linesLookedAt = 4096
    private static let longest = 200

    private static func isDigitOrBlank(_ byte: UInt8) -> Bool {
        byte == 0x20 || (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte)
    }
}
