internal import Glibc

/// Shortens a long log: repeated loop iterations and runs of similar lines are collapsed and counted.
///
/// Works on a stream in bounded memory, with any prefix that a loader adds to lines.
package struct LogFolder {
    /// The rest of a longer line is omitted.
    package static let longestLine = 64 << 10

    /// Loops nested three levels deep are enough for readers.
    private var stages = RunFolder(next: LoopFolder(next: LoopFolder(next: LoopFolder(next: Shown()))))
    /// A line without its line feed yet.
    private var open: [UInt8] = []
    private var omitted = 0
    private var decoration: Decoration?

    package init() {}

    /// Takes the next piece, which may end anywhere.
    ///
    /// - Returns: The text that can be shown so far, in whole lines.
    package mutating func feed(_ piece: Span<UInt8>) -> [UInt8] {
        var start = 0
        while let end = piece.lineFeed(from: start) {
            let rest = piece.extracting(start..<end)
            if open.isEmpty, omitted == 0 { take(rest) } else { close(with: rest) }
            start = end + 1
        }
        hold(piece.extracting(start..<piece.count))
        return stages.shown()
    }

    package mutating func feed(_ piece: [UInt8]) -> [UInt8] { feed(piece.span) }

    /// Returns the text that was held back.
    package mutating func finish() -> [UInt8] {
        if !open.isEmpty { close(with: Span()) }
        stages.finish()
        return stages.shown()
    }

    private mutating func close(with rest: Span<UInt8>) {
        hold(rest)
        var line: [UInt8] = []
        swap(&line, &open)
        if omitted > 0 { show(line.span, omitting: omitted) } else { take(line.span) }
        omitted = 0
        line.removeAll(keepingCapacity: true)
        swap(&line, &open)
    }

    private mutating func hold(_ part: Span<UInt8>) {
        let room = min(Self.longestLine - open.count, part.count)
        open.append(part.extracting(first: room))
        omitted += part.count - room
    }

    private mutating func take(_ line: Span<UInt8>) {
        guard line.count <= Self.longestLine else {
            return show(line.extracting(first: Self.longestLine), omitting: line.count - Self.longestLine)
        }
        let kind = LineKind(of: line)
        guard kind == .message || kind == .types else { return stages.take(line, LineKey(of: line, kind: kind)) }
        if let length = decoratedLength(of: line) {
            let plain = line.extracting(length..<line.count)
            return stages.take(line, LineKey(of: plain, kind: LineKind(of: plain)))
        }
        stages.take(line, LineKey(of: line, kind: kind))
    }

    private mutating func show(_ beginning: Span<UInt8>, omitting omitted: Int) {
        let line = beginning.bytes + Array("… \(omitted) bytes …".utf8)
        stages.take(line.span, LineKey())
    }

    private mutating func decoratedLength(of line: Span<UInt8>) -> Int? {
        if let length = decoration?.length(in: line) { return length }
        guard let found = Decoration(of: line) else { return nil }
        decoration = found
        return found.length(in: line)
    }
}

/// The last stage: text ready to be shown.
private struct Shown: LineSink {
    var text: [UInt8] = []

    mutating func take(_ text: Span<UInt8>, _ key: LineKey) {
        self.text.append(text)
        self.text.append(UInt8(ascii: "\n"))
    }

    mutating func finish() {}
}

extension RunFolder<LoopFolder<LoopFolder<LoopFolder<Shown>>>> {
    fileprivate mutating func shown() -> [UInt8] {
        var text: [UInt8] = []
        swap(&text, &next.next.next.next.text)
        return text
    }
}

extension Span<UInt8> {
    var bytes: [UInt8] { withUnsafeBufferPointer { Array($0) } }

    func lineFeed(from start: Int) -> Int? {
        withUnsafeBufferPointer { bytes in
            guard start < bytes.count, let base = bytes.baseAddress,
                let found = memchr(base + start, Int32(UInt8(ascii: "\n")), bytes.count - start)
            else { return nil }
            return UnsafeRawPointer(found) - UnsafeRawPointer(base)
        }
    }
}
