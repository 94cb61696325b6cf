import HostTools
package import SystemPackage

/// Builds loaders with a version of their library, where the sources are.
package struct LoaderWorkshop: Sendable {
    /// `scripts/loader` of the repository.
    private let script: FilePath
    /// Called before it begins, since it may have to fetch packages first.
    private let announce: @Sendable (LoaderRelease) -> Void

    package init(script: FilePath, announce: @escaping @Sendable (LoaderRelease) -> Void) {
        self.script = script
        self.announce = announce
    }

    /// Builds it into the folder of the guest tools.
    ///
    /// - Returns: Why that cannot be done, or `nil`.
    /// - Throws: `CancellationError`.
    func build(_ release: LoaderRelease) async throws -> String? {
        announce(release)
        do {
            let output = try await ToolRunner(.path(script), timeToTidyUp: .seconds(2)).run(
                [release.name], within: Self.limit)
            return output.succeeded ? nil : output.problem
        } catch {
            if case .cancelled = error { throw CancellationError() }
            return "\(error)"
        }
    }

    /// A toolchain may have to be fetched and a library to be compiled.
    private static let limit: Duration = .seconds(1800)
}
