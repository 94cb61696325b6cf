package import ArgumentParser
import Manifests
import ProbeObject
import SystemPackage

package struct ProbesCheck: AsyncParsableCommand {
    package static let configuration = CommandConfiguration(
        commandName: "check", abstract: "Checks every manifest, compiles every variant, and reads every object.")

    package init() {}

    /// Goes on after a mistake, so that one call shows one mistake of every probe.
    package func run() async throws {
        let workspace = try Workspace.ofThisProcess()
        let folder = try workspace.probesFolder()
        let folders = try ProbeCatalogue.folders(in: folder)
        var mistakes: [String] = []
        for probe in folders {
            do {
                _ = try await ProbeSelection.build(ProbeManifest.load(folder: probe), cache: workspace.cache)
            } catch let error as any HasExitStatus where error.exitStatus == .invalidInput {
                mistakes.append("\(error)")
            }
        }
        guard mistakes.isEmpty else { throw CommandFailure(.invalidInput, mistakes.joined(separator: "\n")) }
        print("\(folders.count) probes, no mistake")
    }
}
