import Foundation
import Subprocess
import SystemPackage
import TestSupport
import Testing

extension CommandTests {
    /// The short form of `make chaos`.
    @Suite(.serialized, .ownProcessor) struct ChaosTests {
        @Test func nothingIsWrongLostOrLeftBehind() async throws {
            let faults = ["guests-killed", "tool-killed", "snapshot-damaged", "snapshots-vanish"]
            let result = try await Subprocess.run(
                .path(FilePath("/usr/bin/env")),
                arguments: Arguments(
                    ["python3", Repository.root.appending("scripts/chaos").string, "--rounds", "4"]
                        + faults.flatMap { ["--only", $0] }
                        + [
                            "--kernel", "debian-6.1", "--probe", "readline", "--tool",
                            Repository.root.appending(".build/debug/compat-matrix").string,
                        ]),
                output: .string(limit: 1 << 20), error: .string(limit: 1 << 20))
            Attachment.record(result.standardError, named: "rounds.txt")
            let tally = result.standardOutput
            #expect(result.terminationStatus == .exited(0), "\(tally)")
            #expect(tally.contains(/all +4 +0/))
        }
    }
}
