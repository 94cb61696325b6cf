import Foundation
import MatrixModel
import Subprocess
import SystemPackage
import Testing

extension CommandTests {
    /// A run that is ended from outside leaves no guest behind, and what it found is kept.
    @Suite(.serialized, .ownProcessor) struct InterruptionTests {
        @Test func aKilledToolLeavesNoGuestBehind() async throws {
            try await Installation.with { tool in
                var guests: Set<pid_t> = []
                let outcome = try await tool.run(["--probe", "readline", "--start", "cold", "--jobs", "2"]) { running in
                    guests = try await running.wait { $0.count == 2 }
                    try running.send(.kill)
                }
                #expect(outcome.status == .signaled(SIGKILL))
                try await expectGone(guests)
            }
        }

        @Test func interruptedRunKeepsItsResults() async throws {
            try await Installation.with { tool in
                var guests: Set<pid_t> = []
                let selection = ["--probe", "readline", "--kernel", "debian-*", "--start", "cold", "--jobs", "1"]
                let interrupted = try await tool.run(selection) { running in
                    let first = try await running.wait { !$0.isEmpty }
                    guests = try await running.wait { !$0.isEmpty && $0.isDisjoint(with: first) }
                    try running.send(.interrupt)
                }
                #expect(interrupted.status == .exited(130))
                try await expectGone(guests)
                let document = try interrupted.document
                #expect(Set(document.cells.map(\.kernel)) == ["debian-5.10"])
                let sentences = interrupted.messages.split(separator: "\n").filter { $0.hasPrefix("compat-matrix: ") }
                #expect(sentences.count == 1)
                let kept = "interrupted: \(document.cells.count) of "
                #expect(sentences.first?.contains(kept) == true)
                #expect(sentences.first?.hasSuffix(" cells are kept in run \(document.run.id)") == true)
                try expectWholeFiles(tool.results)

                // The next run has them without a guest.
                let next = try await tool.run("--probe", "readline", "--kernel", "debian-5.10")
                #expect(try next.document.cells.map(\.key) == document.cells.map(\.key))
                #expect(try next.document.cells.allSatisfy(\.cached))
            }
        }

        private func expectGone(_ guests: Set<pid_t>) async throws {
            #expect(!guests.isEmpty)
            let patience = ContinuousClock.now + .seconds(5)
            while guests.contains(where: RunningTool.isGuest), ContinuousClock.now < patience {
                try await Task.sleep(for: .milliseconds(20))
            }
            #expect(guests.filter(RunningTool.isGuest).isEmpty)
        }

        /// Every log matches its name, and no temporary names are left.
        private func expectWholeFiles(_ results: FilePath) throws {
            let names = try FileManager.default.subpathsOfDirectory(atPath: results.string)
            #expect(names.contains { $0.hasSuffix("/report.html") })
            for name in names where name.hasPrefix("logs/") {
                #expect(name.wholeMatch(of: /logs\/[0-9a-f]{64}\.txt/) != nil)
            }
            let rest = Set(names.filter { !$0.hasPrefix("logs") && !$0.contains("Z-") })
            #expect(
                rest.isSubset(of: [
                    "compat-matrix.sqlite", "compat-matrix.sqlite-wal", "compat-matrix.sqlite-shm",
                    "compat-matrix.lock",
                ]))
        }
    }
}
