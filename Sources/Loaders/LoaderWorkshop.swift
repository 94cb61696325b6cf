import HostTools
package import SystemPackage

/// Builds loaders with other versions of their library; only where the sources are available.
package struct LoaderWorkshop: Sendable {
    /// `scripts/loader` of the repository.
    private let script: FilePath
    /// Called before a build, because it may have to fetch packages first.
    private let announce: @Sendable (LoaderRelease) -> Void

    package init(script: FilePath, announce: @escaping @Sendable (LoaderRelease) -> Void) {
        self.script = script
        self.announce = announce
    }

    /// Builds the loader into the folder of the guest tools.
    ///
    /// - Returns: Why that is not possible, or `nil`.
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

    /// Enough to fetch a toolchain and compile a library.
    private static let limit: Duration = .seconds(1800)
}
