/// A log, or the beginning and the end of one that is too long to show.
package struct LogEnds: Sendable, Hashable {
    /// The file's name in the results folder, if it differs from the reference: a long log is compressed.
    package var file: String?
    /// The first lines, or the whole text.
    package var head: String
    /// The number of lines between `head` and `tail`.
    package var omittedLines: Int
    package var tail: String

    package init(_ text: String) { self.init(file: nil, head: text, omittedLines: 0, tail: "") }

    package init(file: String?, head: String, omittedLines: Int, tail: String) {
        self.file = file
        self.head = head
        self.omittedLines = omittedLines
        self.tail = tail
    }
}
