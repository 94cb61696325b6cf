package import ArgumentParser
import MatrixSession

package struct Doctor: AsyncParsableCommand {
    package static let configuration = CommandConfiguration(
        commandName: "doctor",
        abstract: "Checks whether this machine can run kernels, and says what to do where it cannot.",
        discussion: "Exits with 0 when a run is possible, else with 69.")

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
            throw CommandFailure(.notMeasured, "no run is possible here before what is marked ✗ is mended")
        }
    }
}
