import Foundation
import MatrixModel
import Subprocess
import Testing

extension CommandTests {
    @Suite(.serialized, .ownProcessorForLong) struct BisectTests {
        private struct Bisection: Decodable {
            struct Kernel: Decodable {
                var id: String
                var source: String
                var verdict: String?
                var cause: String?
            }

            struct Turn: Decodable {
                var below: String
                var above: String
                var passesAbove: Bool
            }

            var variant: String
            var kernels: [Kernel]
            var turns: [Turn]
            var isMonotonic: Bool

            func count(_ source: String) -> Int { kernels.count { $0.source == source } }
        }

        private let kernels = [
            "ubuntu-4.15", "ubuntu-5.4", "debian-5.10", "ubuntu-5.15", "debian-6.1", "ubuntu-6.8", "debian-6.12",
            "debian-6.18", "debian-7.3",
        ]

        /// The case this project began with, with no answer known: five guests for nine kernels, then none.
        @Test func theVerdictOfReadlineTurnsBetween5Point4And5Point10() async throws {
            try await Installation.with { tool in
                let options =
                    ["--variant", "percpu-buffer", "--loader", "libbpf"] + kernels.flatMap { ["--kernel", $0] }
                let outcome = try await tool.bisect(["readline", "--format", "json"] + options)
                Attachment.record(outcome.messages, named: "stderr.txt")
                #expect(outcome.status == .exited(0))
                let bisection = try #require(try Self.decode(outcome).first)
                #expect(bisection.variant == "percpu-buffer" && bisection.isMonotonic)
                #expect(
                    bisection.turns.map(\.below) == ["ubuntu-5.4"] && bisection.turns.map(\.above) == ["debian-5.10"])
                #expect(bisection.turns.map(\.passesAbove) == [true])
                #expect(bisection.kernels.map(\.id) == kernels)
                #expect(bisection.kernels.first { $0.id == "ubuntu-5.4" }?.cause == "size-negative")
                #expect(bisection.count("tested") == 5 && bisection.count("notTested") == 4)
                // Guests, as reported in the tool's messages.
                #expect(outcome.messages.split(separator: "\n").count { $0.contains(" start, ready in ") } == 5)

                let again = try await tool.bisect(["readline"] + options)
                #expect(again.status == .exited(0) && again.messages == "")
                #expect(
                    again.output == """
                        readline/percpu-buffer (libbpf)
                          passes on ≥ 5.10 (debian-5.10), fails on ≤ 5.4 (ubuntu-5.4): size-negative
                          0 kernels tested of 9, 5 from the store
                          not tested: ubuntu-5.15, ubuntu-6.8, debian-6.12, debian-6.18

                        """)
            }
        }

        private static func decode(_ outcome: Installation.Outcome) throws -> [Bisection] {
            try JSONDecoder().decode([Bisection].self, from: Data(outcome.output.utf8))
        }
    }
}
