/// A part of the cells, `I/N`, counted from 1.
package struct Shard: Sendable, Equatable {
    package let index: Int
    package let count: Int

    package init?(argument: String) {
        let parts = argument.split(separator: "/", omittingEmptySubsequences: false).map { Int($0) }
        guard parts.count == 2, let index = parts[0], let count = parts[1], count >= 1, (1...count).contains(index)
        else { return nil }
        self.index = index
        self.count = count
    }

    func holds(_ position: Int) -> Bool { position % count == index - 1 }
}
