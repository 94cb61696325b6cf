/// A log, or the beginning and the end of one that is too long to show.
package struct LogEnds: Sendable, Hashable {
    /// The file's name below the results folder, where it is not that of the reference: a long log is compressed.
    package var file: String?
    /// The first lines, or the whole text.
    package var head: String
    /// Between `head` and `tail`.
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
