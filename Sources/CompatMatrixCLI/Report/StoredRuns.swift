import ArgumentParser
import MatrixSession
import ResultStore
import SystemPackage

/// The folder of stored runs, for commands that read them.
struct StoredRuns: ParsableArguments {
    @Option(name: .customLong("results"), help: "The directory with the stored runs.") var folder: String?

    init() {}

    /// Opens the existing store.
    ///
    /// - Throws: `ResultStoreError.noRuns` if nothing was ever stored: reading must not create an empty store.
    func open() throws -> ResultStore { try ResultStore(existingIn: path) }

    /// Opens the store, and creates it if necessary.
    func create() async throws -> ResultStore { try await .forWriting(in: path) }

    private var path: FilePath {
        get throws { try folder.map(Workspace.absolute) ?? Self.ofThisProcess() }
    }

    /// The folder in which `run` stores, for the current directory.
    private static func ofThisProcess() throws -> FilePath {
        let workspace = try Workspace.ofThisProcess()
        return workspace.resultsFolder(try workspace.projectManifest())
    }
}
