package import ArgumentParser
import SystemPackage

package struct Probes: AsyncParsableCommand {
    package static let configuration = CommandConfiguration(
        commandName: "probes", abstract: "Lists, checks and builds the probes.",
        subcommands: [ProbesList.self, ProbesCheck.self, ProbesBuild.self])

    package init() {}
}

extension Workspace {
    /// The folder of probes, for a command that cannot do without.
    func probesFolder() throws(CommandFailure) -> FilePath {
        guard let probes else {
            throw CommandFailure(.invalidInput, "there is no folder 'probes' here; run in the folder that holds it")
        }
        return probes
    }
}
