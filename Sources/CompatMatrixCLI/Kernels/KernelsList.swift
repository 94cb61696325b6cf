package import ArgumentParser
import KernelStore
import Manifests
import MatrixModel
import MatrixSession

package struct KernelsList: AsyncParsableCommand {
    package static let configuration = CommandConfiguration(
        commandName: "list", abstract: "Lists the kernels, oldest first, and whether their images are here.")

    @Argument(help: "Ids or patterns; all without one.") var kernels: [String] = []
    @Flag(help: "Prints JSON.") var json = false

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
