package import ArgumentParser

package struct Probes: AsyncParsableCommand {
    package static let configuration = CommandConfiguration(
        commandName: "probes", abstract: "Lists, checks and builds the probes.",
        subcommands: [ProbesList.self, ProbesCheck.self, ProbesBuild.self])

    package init() {}
}
