import Foundation
import Testing

@testable import VerifierLog

/// `scripts/messages --report` counts the same from the same files.
@Suite struct MessageCoverageTests {
    static let sources = ["linux", "libbpf", "cilium", "aya", "bcc", "bpftrace", "libxdp", "iproute2", "bpftool"]

    @Test(arguments: sources)
    func everyMessageIsNamedOrHasADecision(source: String) throws {
        let table = try MessageTable(source: source)
        let decisions = try MessageDecisions.bundled.get()
        let undecided = table.messages.filter { message in
            Catalogue.bundled.entry(matching: decisions.line(of: message.shape)) == nil
                && decisions.decision(on: message, of: source) == nil
        }
        let missing = Comment(rawValue: undecided.map { "\($0.file): \($0.shape)" }.joined(separator: "\n"))
        #expect(undecided.isEmpty, missing)
    }

    @Test func decisionsGiveAReasonThatThereIs() throws {
        let decisions = try MessageDecisions.bundled.get()
        for decision in decisions.decisions {
            #expect(["internal", "debug", "context", "usage"].contains(decision.reason))
            #expect(Set(decision.sources).isSubset(of: Self.sources))
        }
    }

    @Test(arguments: sources)
    func tablesSayWhatWasRead(source: String) throws {
        let table = try MessageTable(source: source)
        for message in table.messages {
            #expect(table.read[message.since] != nil && table.read[message.until] != nil, "\(message.shape)")
        }
        #expect(Set(table.messages.map(\.shape)).count == table.messages.count)
    }

    @Test(arguments: [
        ("R%d min value is negative, either use unsigned or 'var &= const'", "size-negative"),
        ("%s unbounded memory access, use 'var &= const' or 'if (var < const)'", "size-unbounded"),
        ("prog '%s': failed to attach to %s: %s", "attach-failed"),
    ])
    func conversionsGetPlausibleValues(shape: String, id: String) throws {
        let line = try MessageDecisions.bundled.get().line(of: shape)
        #expect(!line.contains("%"))
        #expect(Catalogue.bundled.entry(matching: line)?.id == id)
    }
}
