/// Collapses lines that repeat, such as those of a loop.
enum Rounds {
    /// The branches of a loop's body at most.
    private static let longestRound = 8
    /// Two rounds are shown as they are: a loop is what comes back at least twice.
    private static let fewestRounds = 3

    static func collapsed(_ lines: [String]) -> [String] {
        var shown: [String] = []
        var rest = lines[...]
        while !rest.isEmpty {
            guard let (length, count) = rounds(of: rest) else {
                shown.append(rest.removeFirst())
                continue
            }
            shown += rest.prefix(length)
            shown.append("\(count - 1) more iterations of the last \(length == 1 ? "step" : "\(length) steps")")
            rest = rest.dropFirst(length * count)
        }
        return shown
    }

    /// How long a round is that `lines` begin with, and how often it follows.
    private static func rounds(of lines: ArraySlice<String>) -> (length: Int, count: Int)? {
        for length in 1...longestRound where lines.count >= length * fewestRounds {
            let round = lines.prefix(length)
            var count = 1
            while lines.dropFirst(length * count).prefix(length).elementsEqual(round) { count += 1 }
            if count >= fewestRounds { return (length, count) }
        }
        return nil
    }
}
