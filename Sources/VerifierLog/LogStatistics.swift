package import MatrixModel

/// The totals at the end of a verifier's log, in every form from 4.4 to 7.3.
package enum LogStatistics {
    /// Parses `processed 15 insns (limit 1000000) …`, `stack depth 64+0` and `verification time 9653 usec`.
    ///
    /// - Returns: `nil` for a log without totals, such as el7's for a rejected program.
    ///
    /// Source: print_verification_stats() in kernel/bpf/verifier.c of 4.14, el7's 3.10, 4.19, 5.15 and 7.3.
    package static func parse(_ log: String) -> ProgramStatistics? { LogSummary(of: log).statistics }

    static func parse(_ lines: [Line]) -> ProgramStatistics? {
        var statistics = ProgramStatistics()
        for line in lines where line.kind == .total { statistics.read(line.text) }
        return statistics == ProgramStatistics() ? nil : statistics
    }
}

extension ProgramStatistics {
    fileprivate mutating func read(_ line: Substring) {
        let words = line.split { " ,()".contains($0) }
        func word(after keyword: String) -> Substring? {
            words.firstIndex(of: Substring(keyword)).flatMap { words.dropFirst($0 + 1).first }
        }
        func number(after keyword: String) -> Int? { word(after: keyword).flatMap { Int($0) } }

        switch words.first {
        case "processed":
            instructions = number(after: "processed") ?? instructions
            limit = number(after: "limit") ?? limit
            totalStates = number(after: "total_states") ?? totalStates
            peakStates = number(after: "peak_states") ?? peakStates
            // Up to 5.1 the stack depth is part of this line.
            stackDepth = word(after: "depth").map(String.init) ?? stackDepth
        case "insns":
            // 7.2 counts per function; the sum is used only if no `processed` line contains it.
            let parts = word(after: "processed")?.split(separator: "+").compactMap { UInt32($0) } ?? []
            instructions = instructions ?? (parts.isEmpty ? nil : parts.reduce(0) { $0 + Int($1) })
        case "verification":
            verificationMicroseconds = number(after: "time") ?? verificationMicroseconds
        case "stack":
            stackDepth = (word(after: "max") ?? word(after: "depth")).map(String.init) ?? stackDepth
        default:
            break
        }
    }
}
