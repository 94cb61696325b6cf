package import ArgumentParser
import HostTools
import Loaders
import Manifests
import MatrixModel
import MatrixSession
import ProbeObject
import RunPlanning
import SystemPackage
import VerifierLog

package struct ProbesCheck: AsyncParsableCommand, HasDiagnostics {
    package static let configuration = CommandConfiguration(
        commandName: "check", abstract: "Check every manifest, compile every variant, and read every object.")

    @Option(
        name: .customLong("loader"),
        help: "Your own loader, as NAME or NAME=PATH, that manifests may refer to; repeatable.")
    var loaders: [LoaderOption] = []
    @OptionGroup var diagnostics: DiagnosticsOptions

    package init() {}

    /// Continues after an error, so that one call reports one error per probe.
    package func run() async throws {
        let workspace = try Workspace.ofThisProcess()
        let probes = try Self.probes(workspace)
        await workspace.cacheFolder.useUntilExit()
        var mistakes: [String] = []
        for probe in probes {
            do {
                let manifest = try probe.get()
                mistakes += Self.unknownCauses(in: manifest) + Self.unknownLoaders(in: manifest, besides: loaders)
                for variant in try await ProbeSelection.build(manifest, cache: workspace.cache) {
                    if let own = variant.executable { _ = try await GuestExecutable(own, of: variant) }
                }
            } catch let error as any HasExitStatus where error.exitStatus == .invalidInput {
                mistakes.append("\(error)")
            }
        }
        guard mistakes.isEmpty else { throw CommandFailure(.invalidInput, mistakes.joined(separator: "\n")) }
        print("\(probes.count) \(probes.count == 1 ? "probe" : "probes"), no errors")
    }

    /// Each probe, or the error in its manifest; for a project, which is a single file, only the first error is
    /// reported.
    private static func probes(_ workspace: Workspace) throws -> [Result<ProbeManifest, ManifestError>] {
        if let project = try workspace.projectManifest() { return try project.catalogue().map { .success($0) } }
        return try ProbeCatalogue.folders(in: workspace.probesFolder()).map { folder in
            Result { () throws(ManifestError) in try ProbeManifest.load(folder: folder) }
        }
    }

    /// Unknown loaders: a variant with a misspelled name would silently never run.
    static func unknownLoaders(in manifest: ProbeManifest, besides own: [LoaderOption]) -> [String] {
        let named = manifest.variants.flatMap { variant in
            (variant.settings.loaders ?? []) + variant.expectations.flatMap { $0.loaders ?? [] }
        }
        let known = ShippedLoader.allCases.map(\.rawValue)
        // A rule may name a version that no suite has any more.
        let names = Set(named.filter { !$0.isPattern }.map { $0.description.withoutVersion })
        return names.subtracting(known).subtracting(own.map(\.glob.description)).sorted().map {
            "\(manifest.name): 'loaders' is '\($0)'; expected \(known.joined(separator: ", ")), or your own --loader"
        }
    }

    /// Causes in `expect` that no failure can have.
    static func unknownCauses(in manifest: ProbeManifest) -> [String] {
        let expected = Set(manifest.variants.flatMap { $0.expectations.compactMap(\.cause) })
        return expected.filter { $0 != Catalogue.unknown && Catalogue.bundled[id: $0] == nil }.sorted().map {
            "\(manifest.name): 'cause' is '\($0)'; expected an id from docs/catalogue.md"
        }
    }
}

extension String {
    /// `libbpf` for `libbpf@1.1`; anything but a version number after the `@` is kept.
    fileprivate var withoutVersion: String { replacing(/@[0-9][0-9.]*$/, with: "") }
}
