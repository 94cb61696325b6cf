package import ArgumentParser
import Manifests
import MatrixModel
import ProbeObject
import SystemPackage
import VerifierLog

package struct ProbesCheck: AsyncParsableCommand {
    package static let configuration = CommandConfiguration(
        commandName: "check", abstract: "Checks every manifest, compiles every variant, and reads every object.")

    package init() {}

    /// Goes on after a mistake, so that one call shows one mistake of every probe.
    package func run() async throws {
        let workspace = try Workspace.ofThisProcess()
        let probes = try Self.probes(workspace)
        var mistakes: [String] = []
        for probe in probes {
            do {
                let manifest = try probe.get()
                mistakes += Self.unknownCauses(in: manifest)
                _ = try await ProbeSelection.build(manifest, cache: workspace.cache)
            } catch let error as any HasExitStatus where error.exitStatus == .invalidInput {
                mistakes.append("\(error)")
            }
        }
        guard mistakes.isEmpty else { throw CommandFailure(.invalidInput, mistakes.joined(separator: "\n")) }
        print("\(probes.count) \(probes.count == 1 ? "probe" : "probes"), no mistake")
    }

    /// Each probe, or what is wrong with its manifest; a project's is one file, of which the first mistake is told.
    private static func probes(_ workspace: Workspace) throws -> [Result<ProbeManifest, ManifestError>] {
        if let project = try workspace.projectManifest() { return try project.catalogue().map { .success($0) } }
        return try ProbeCatalogue.folders(in: workspace.probesFolder()).map { folder in
            Result { () throws(ManifestError) in try ProbeManifest.load(folder: folder) }
        }
    }

    /// Causes in `expect` that no failure can ever have.
    static func unknownCauses(in manifest: ProbeManifest) -> [String] {
        let expected = Set(manifest.variants.flatMap { $0.expectations.compactMap(\.cause) })
        return expected.filter { $0 != Catalogue.unknown && Catalogue.bundled[id: $0] == nil }.sorted().map {
            "\(manifest.name): 'cause' is '\($0)'; expected an id of the catalogue of causes, docs/catalogue.md"
        }
    }
}
