package import MatrixAnalysis
internal import MatrixModel

/// The gate's decision for people.
package enum GateText {
    /// The number of items of one kind that are named before the rest is counted.
    private static let most = 20

    /// One line with the decision, and one line per violation.
    package static func render(_ gate: Gate) -> String {
        let head =
            gate.breaches.isEmpty
            ? "gate: passes" + (passing(gate).map { "; \($0)" } ?? "")
            : "gate: fails on \(gate.breaches.map { $0.condition.count($0.items.count) }.joined(separator: ", "))"
        let lines = gate.breaches.flatMap { breach in
            breach.items.prefix(most).map { "  \(breach.condition.rawValue): \(TerminalText.escaped($0))" }
                + (breach.items.count > most ? ["  … and \(breach.items.count - most) more"] : [])
        }
        return ([head] + lines).joined(separator: "\n")
    }

    /// Details that explain why the gate passes nevertheless.
    private static func passing(_ gate: Gate) -> String? {
        let parts = [
            gate.excused > 0 ? "\(gate.excused) worse than the baseline, but expected" : nil,
            gate.unexpected > 0 && gate.comparison != nil
                ? "\(gate.unexpected) not as expected, but no worse than the baseline" : nil,
            gate.missing > 0 ? "\(gate.missing) not measured" : nil,
        ]
        let words = parts.compactMap(\.self)
        return words.isEmpty ? nil : words.joined(separator: ", ")
    }
}

extension GateCondition {
    fileprivate func count(_ number: Int) -> String {
        let isOne = number == 1
        return switch self {
        case .unexpected: "\(number) \(isOne ? "cell" : "cells") not as expected"
        case .regression: "\(number) \(isOne ? "regression" : "regressions")"
        case .causeChange: "\(number) \(isOne ? "failure" : "failures") with a new cause"
        case .growth: "\(number) \(isOne ? "program" : "programs") with growth"
        case .headroom: "\(number) \(isOne ? "program" : "programs") with little headroom"
        case .unneeded: "\(number) unneeded \(isOne ? "exception" : "exceptions")"
        case .expired: "\(number) expired \(isOne ? "exception" : "exceptions")"
        }
    }
}
