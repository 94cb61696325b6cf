/// A shell pattern over a whole name: `*` any run of characters, `?` one character.
package struct Glob: Sendable, Hashable, CustomStringConvertible {
    private let pattern: [Character]

    package init(_ pattern: String) { self.pattern = Array(pattern) }

    package var description: String { String(pattern) }
    /// Whether it can match names other than itself.
    package var isPattern: Bool { pattern.contains { $0 == "*" || $0 == "?" } }

    package func matches(_ name: String) -> Bool {
        let name = Array(name)
        var position = (pattern: 0, name: 0)
        var star: (pattern: Int, name: Int)?
        while position.name < name.count {
            if position.pattern < pattern.count, pattern[position.pattern] == "*" {
                star = position
                position.pattern += 1
            } else if position.pattern < pattern.count,
                pattern[position.pattern] == "?" || pattern[position.pattern] == name[position.name]
            {
                position = (position.pattern + 1, position.name + 1)
            } else if let last = star {
                star = (last.pattern, last.name + 1)
                position = (last.pattern + 1, last.name + 1)
            } else {
                return false
            }
        }
        return pattern[position.pattern...].allSatisfy { $0 == "*" }
    }
}
