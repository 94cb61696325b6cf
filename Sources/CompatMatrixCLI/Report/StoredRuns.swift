import ArgumentParser
import MatrixSession
import ResultStore
import SystemPackage

/// Where a command that reads stored runs finds them.
struct StoredRuns: ParsableArguments {
    @Option(name: .customLong("results"), help: "The directory with the stored runs.") var folder: String?

    init() {}

    /// Opens what is there.
    ///
    /// - Throws: `ResultStoreError.noRuns` where nothing was ever stored: reading must not leave an empty store behind.
    func open() throws -> ResultStore { try ResultStore(existingIn: path) }

    /// Opens the store, and creates it if necessary.
    func create() async throws -> ResultStore { try await .forWriting(in: path) }

    private var path: FilePath {
        get throws { try folder.map(Workspace.absolute) ?? Self.ofThisProcess() }
    }

    /// Where `run` stores, from where this process runs.
    private static func ofThisProcess() throws -> FilePath {
        let workspace = try Workspace.ofThisProcess()
        return workspace.resultsFolder(try workspace.projectManifest())
    }
}
