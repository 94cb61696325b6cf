package import ArgumentParser
import Manifests
import MatrixSession
import SystemPackage

package struct ProbesList: AsyncParsableCommand {
    package static let configuration = CommandConfiguration(
        commandName: "list", abstract: "Shows every probe and its variants.")

    @Flag(help: "Write JSON.")
    var json = false

    package init() {}

    package func run() async throws {
        let workspace = try Workspace.ofThisProcess()
        let probes = try workspace.catalogue(workspace.projectManifest())
        print(try json ? ProbeListing.json(probes) : ProbeListing.table(probes))
    }
}
