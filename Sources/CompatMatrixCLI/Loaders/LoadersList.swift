package import ArgumentParser
import Loaders
import MatrixModel
import MatrixSession
import SystemPackage

/// The command group `loaders`; the module `Loaders` is something else.
package struct LoadersCommand: AsyncParsableCommand {
    package static let configuration = CommandConfiguration(
        commandName: "loaders", abstract: "List loaders and the versions of their libraries.",
        subcommands: [LoadersList.self], defaultSubcommand: LoadersList.self)

    package init() {}
}

package struct LoadersList: AsyncParsableCommand {
    package static let configuration = CommandConfiguration(
        commandName: "list", abstract: "List the loaders, their versions, and which of them are built.",
        discussion: """
            The default is the version that a name without a version selects. 'run --loader NAME@VERSION' builds a \
            version that is not built yet.
            """)

    @Flag(help: "Print JSON.") var json = false
    @Option(help: "Output format.") var format: ListFormat = .table

    package init() {}

    package func run() async throws {
        let tools = try Workspace.ofThisProcess().guestTools
        let listings = try await LoaderListing.all(in: tools)
        print(try json || format == .json ? Output.json(listings) : LoaderListing.table(listings))
    }
}

/// A loader, with one version of its library, in the output of `loaders list`.
struct LoaderListing: Encodable, Equatable {
    /// The name that selects it with `--loader`.
    let name: String
    /// `null` for a loader without a library, and for one that is not built.
    @Nullable var library: String?
    /// The version of the library: complete if the loader is built, otherwise as in its name.
    @Nullable var version: String?
    /// The suite that provides the library's package, or `this machine`; `null` if unknown.
    @Nullable var origin: String?
    /// Whether a name without a version selects it.
    let isDefault: Bool
    let isBuilt: Bool
    /// Why it is not built.
    @Nullable var reason: String?

    private enum CodingKeys: String, CodingKey {
        case name, library, version, origin, reason
        case isDefault = "default"
        case isBuilt = "built"
    }

    /// The loaders in the folder of the guest tools, each default before its other versions.
    static func all(in tools: FilePath) async throws -> [LoaderListing] {
        let releases = LoaderRelease.all(in: tools)
        let names = ShippedLoader.allCases.map(\.rawValue) + releases.map(\.name)
        let found = try await LoaderSearch(tools: tools).find(Set(names))
        return ShippedLoader.allCases.flatMap { loader in
            let standard = LoaderListing(
                found[loader.rawValue]?.row, name: loader.rawValue, version: nil, origin: loader.origin(in: tools),
                isDefault: true)
            return [standard]
                + releases.filter { $0.loader == loader }.map { release in
                    LoaderListing(
                        found[release.name]?.row, name: release.name, version: release.version,
                        origin: "Debian \(release.suite)", isDefault: false)
                }
        }
    }

    init(_ row: LoaderRow?, name: String, version: String?, origin: String?, isDefault: Bool) {
        self.name = name
        isBuilt = row?.status == .available
        _library = Nullable(wrappedValue: row?.library)
        _version = Nullable(wrappedValue: row?.version ?? version)
        _origin = Nullable(wrappedValue: origin)
        self.isDefault = isDefault
        _reason = Nullable(wrappedValue: row?.reason)
    }

    static func table(_ listings: [LoaderListing]) -> String {
        Output.table(
            header: ["LOADER", "VERSION", "FROM", "STATE"],
            rows: listings.map { loader in
                let state = loader.isBuilt ? "built" : "not built"
                return [
                    loader.name, loader.version ?? "-", loader.origin ?? "-",
                    loader.isDefault && loader.version != nil ? "\(state), default" : state,
                ]
            })
    }
}
