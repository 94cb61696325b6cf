package import GuestImage
package import SystemPackage

extension GuestImage {
    /// The guest image of a run that needs `loaders`, by name: the loaders that every guest has, and those.
    ///
    /// `tools` is the folder of the agent and the loaders. Commands that need no particular loader share this image,
    /// and therefore snapshots, with runs of libbpf alone.
    package static func forGuests(
        tools: FilePath, loaders: some Sequence<String> = []
    ) async throws(GuestImageError) -> GuestImage {
        let always = ShippedLoader.allCases.filter(\.isInEveryGuest).map(\.rawValue)
        return try await withShell(binaries: tools, loaders: Set(always).union(loaders))
    }
}
