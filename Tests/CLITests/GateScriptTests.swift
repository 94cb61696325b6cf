import Foundation
import SystemPackage
import Testing

/// `scripts/ci-gate`: what a CI job runs, run as it runs there.
@Suite(.timeLimit(.minutes(10))) struct GateScriptTests {
    private static let reports = ["report.html", "report.sarif", "run.csv", "run.json", "junit.xml", "summary.md"]

    @Test func aRealRunIsReported() async throws {
        try await Sandbox.with { sandbox in
            try await sandbox.addCell()
            let environment = [
                "COMPAT_MATRIX": Sandbox.program.string, "COMPAT_MATRIX_OBJECTS": "tiny.bpf.o",
                "COMPAT_MATRIX_KERNELS": "  debian-*\n\n", "PATH": "\(sandbox.bin):/usr/bin:/bin",
            ]
            let outcome = try await sandbox.gate(environment)
            // There is no QEMU on this PATH, so the cell was not measured.
            try #require(outcome.status == 69, "\(outcome.stderr)")
            #expect(outcome.stdout.contains("::warning title=debian-6.1 was not measured::"))
            #expect(!outcome.stdout.contains("::error "))
            for report in Self.reports {
                #expect(try !sandbox.contents(of: "compat-matrix-report/\(report)").isEmpty, "\(report)")
            }
            let summary = try #require(sandbox.summary)
            #expect(summary.hasPrefix("## · compat-matrix: nothing was measured"))
            #expect(try sandbox.contents(of: "compat-matrix-report/summary.md") == Data(summary.utf8))
            #expect(
                sandbox.outputs == [
                    "status=69", "report=compat-matrix-report", "sarif=compat-matrix-report/report.sarif",
                ])
            let lenient = try await sandbox.gate(environment.merging(["COMPAT_MATRIX_FAIL_ON": "unexpected"]) { $1 })
            #expect(lenient.status == 0)
            #expect(sandbox.outputs?.contains("status=69") == true, "what run said stays known")
            #expect(try sandbox.files().keys.allSatisfy { !$0.hasPrefix("tmp/") })
        }
    }

    @Test(arguments: [("missing", Int32(1)), ("unexpected", 1), ("never", 0)])
    func anUnexpectedVerdictIsAnnotatedAndFails(failOn: String, status: Int32) async throws {
        try await Sandbox.with { sandbox in
            try sandbox.addFailedRun()
            let tool = try sandbox.addTool(runningTo: 1)
            let outcome = try await sandbox.gate(["COMPAT_MATRIX": tool.string, "COMPAT_MATRIX_FAIL_ON": failOn])
            #expect(outcome.status == status, "\(outcome.stderr)")
            let lines = outcome.stdout.split(separator: "\n").map(String.init)
            // The runner must not interpret the output of the run.
            let stop = try #require(lines.firstIndex { $0.hasPrefix("::stop-commands::") })
            let resume = "::\(lines[stop].dropFirst("::stop-commands::".count))::"
            #expect(Array(lines[stop...].prefix(3)) == [lines[stop], "::error::said by a guest", resume])
            #expect(
                lines[(stop + 3)...].first
                    == "::error file=probes/watch/a%2Cb.bpf.c,line=12,title=watch/plain on debian-6.1::"
                    + "fail: size-negative: R5 min value is negative, 100 %25 of it")
            #expect(sandbox.summary?.contains("1 cell is not as expected") == true)
            #expect(sandbox.outputs?.first == "status=1")
        }
    }

    /// Without GitHub's variables there are files and an exit status, as on GitLab.
    @Test func elsewhereThereAreNoCommands() async throws {
        try await Sandbox.with { sandbox in
            try sandbox.addFailedRun()
            let tool = try sandbox.addTool(runningTo: 1)
            let outcome = try await sandbox.gate(
                ["COMPAT_MATRIX": tool.string, "COMPAT_MATRIX_OUTPUT": "out/here"], onGitHub: false)
            #expect(outcome.status == 1 && outcome.stdout == "::error::said by a guest\n")
            #expect(sandbox.summary == nil && sandbox.outputs == nil)
            for report in Self.reports { #expect(try !sandbox.contents(of: "out/here/\(report)").isEmpty, "\(report)") }
        }
    }

    @Test(arguments: [64, 65, 70, 130]) func runWithoutMeasurementsReportsTheReason(status: Int) async throws {
        try await Sandbox.with { sandbox in
            try sandbox.addFailedRun()
            let tool = try sandbox.addTool(runningTo: status, saying: "compat-matrix: 100 % wrong")
            let outcome = try await sandbox.gate(["COMPAT_MATRIX": tool.string, "COMPAT_MATRIX_FAIL_ON": "never"])
            #expect(outcome.status == Int32(status))
            #expect(outcome.stdout.contains("::error title=compat-matrix::compat-matrix: 100 %25 wrong\n"))
            // An older run is none of this job's.
            #expect(sandbox.outputs == ["status=\(status)"] && sandbox.summary == nil)
        }
    }

    @Test func errorInFailOnIsReported() async throws {
        try await Sandbox.with { sandbox in
            let outcome = try await sandbox.gate(["COMPAT_MATRIX_FAIL_ON": "sometimes"])
            #expect(outcome.status == 64 && outcome.stdout.contains("'sometimes'; use unexpected, missing or never"))
        }
    }

    /// Names in a pull request are its author's.
    @Test func inputsAreArgumentsAndNothingElse() async throws {
        try await Sandbox.with { sandbox in
            try sandbox.addFailedRun()
            let tool = try sandbox.addTool(runningTo: 0)
            let hostile = #"$(touch pwned) `touch pwned`; touch pwned & "' * ${IFS} \"#
            let outcome = try await sandbox.gate([
                "COMPAT_MATRIX": tool.string, "COMPAT_MATRIX_KERNELS": "debian-6.1\n\(hostile)",
                "COMPAT_MATRIX_OBJECTS": "a b.bpf.o\n--no-cache", "COMPAT_MATRIX_LOADERS": hostile,
                "COMPAT_MATRIX_PROBES": "p*", "COMPAT_MATRIX_BASELINE": "base line.json",
                "COMPAT_MATRIX_ARGS": "--jobs\n4\n\(hostile)", "COMPAT_MATRIX_RESULTS": "results",
            ])
            #expect(outcome.status == 0, "\(outcome.stderr)")
            let arguments = String(decoding: try sandbox.contents(of: "arguments"), as: UTF8.self)
            #expect(
                arguments.split(separator: "\n").map(String.init) == [
                    "run", "--kernel", "debian-6.1", "--kernel", hostile, "--probe", "p*", "--object", "a b.bpf.o",
                    "--object", "--no-cache", "--loader", hostile, "--baseline", "base line.json", "--jobs", "4",
                    hostile,
                    "--results", "results", "--format", "table",
                ])
            #expect(try sandbox.files()["pwned"] == nil)
        }
    }
}
