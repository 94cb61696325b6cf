package import ArgumentParser
import KernelStore
import Manifests
import MatrixModel
import MatrixSession
import SystemPackage

package struct KernelsList: AsyncParsableCommand {
    package static let configuration = CommandConfiguration(
        commandName: "list", abstract: "List the kernels, oldest first, and whether their images are fetched.")

    @Argument(help: "Kernel ids or globs (default: all kernels).") var kernels: [String] = []
    @Flag(help: "Print JSON.") var json = false

    package init() {}

    package func run() async throws {
        let store = KernelStore(try Workspace.ofThisProcess())
        let kernels = try store.kernels(matching: kernels).map { ($0, image: try store.image(of: $0)) }
        guard !json else { return print(try Output.json(kernels.map(KernelListing.init))) }
        print(
            Output.table(
                header: ["KERNEL", "RELEASE", "SOURCE"],
                rows: kernels.map { kernel, image in
                    [kernel.id.text, image?.releaseLabel ?? "not fetched", image?.origin ?? kernel.source.summary]
                }))
    }
}

/// A kernel in the output of `kernels list --json` and `kernels show --json`.
struct KernelListing: Encodable {
    let id: String
    let family: String
    /// The kernel manifest's path.
    let manifest: String
    let source: String
    let commandLine: String
    let fetched: Bool
    /// From the image's header, only a label; `null` until fetched, like all keys below.
    @Nullable var release: String?
    @Nullable var origin: String?
    @Nullable var image: String?
    @Nullable var sha256: String?

    init(_ kernel: KernelManifest, image: KernelImage?) {
        id = kernel.id.text
        family = kernel.id.family
        manifest = kernel.file.string
        source = kernel.source.description
        commandLine = kernel.commandLine
        fetched = image != nil
        _release = Nullable(wrappedValue: image?.releaseLabel)
        _origin = Nullable(wrappedValue: image?.origin)
        _image = Nullable(wrappedValue: image?.path.string)
        _sha256 = Nullable(wrappedValue: image?.sha256)
    }

    /// The kernel's source and files, for people.
    var lines: [(name: String, value: String)] {
        [
            ("source", source), ("origin", origin ?? "not fetched"), ("image", image ?? "not fetched"),
            ("sha256", sha256 ?? "not fetched"), ("command line", commandLine.isEmpty ? "nothing added" : commandLine),
            ("manifest", manifest),
        ]
    }
}
