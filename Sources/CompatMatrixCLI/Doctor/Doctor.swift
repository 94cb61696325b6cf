package import ArgumentParser
import MatrixSession

package struct Doctor: AsyncParsableCommand, HasDiagnostics {
    package static let configuration = CommandConfiguration(
        commandName: "doctor",
        abstract: "Check whether this machine can run kernels, and show how to fix what is missing.",
        discussion: "Exits with 0 if a run is possible, otherwise with 69.")
    @OptionGroup var diagnostics: DiagnosticsOptions

    package init() {}

    package func run() async throws {
        let examination = HostExamination(workspace: try Workspace.ofThisProcess())
        var obstacles = 0
        for check in HostExamination.checks {
            for finding in try await check(examination)() {
                print(finding)
                if finding.weight == .obstacle { obstacles += 1 }
            }
        }
        guard obstacles == 0 else {
            throw CommandFailure(.notMeasured, "cannot run here: fix the items marked ✗")
        }
    }
}
