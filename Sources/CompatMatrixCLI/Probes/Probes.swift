package import ArgumentParser
import HostTools
import MatrixModel
import MatrixSession
import ProbeObject
import SystemPackage

package struct Probes: AsyncParsableCommand {
    package static let configuration = CommandConfiguration(
        commandName: "probes", abstract: "List, check and build probes.",
        subcommands: [ProbesList.self, ProbesCheck.self, ProbesBuild.self])

    package init() {}
}

package struct ProbesBuild: AsyncParsableCommand, HasDiagnostics {
    package static let configuration = CommandConfiguration(
        commandName: "build", abstract: "Compile changed variants and print the paths of all objects.")

    @Argument(help: "Select probes whose name matches this glob.")
    var glob: String?
    @OptionGroup var diagnostics: DiagnosticsOptions

    package init() {}

    package func run() async throws {
        let workspace = try Workspace.ofThisProcess()
        let project = try workspace.projectManifest()
        let selection = ProbeSelection(probes: glob.map { [Glob($0)] } ?? [])
        await workspace.cacheFolder.useUntilExit()
        let variants = try await selection.build(cache: workspace.cache) {
            try workspace.catalogue(project)
        }
        for object in variants.compactMap(\.object) { print(object.path) }
        if let obstacle = variants.compactMap(\.obstacle).first { throw CommandFailure(.notMeasured, obstacle) }
    }
}
