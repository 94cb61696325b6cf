package import ArgumentParser
import KernelStore

package struct KernelsList: AsyncParsableCommand {
    package static let configuration = CommandConfiguration(
        commandName: "list", abstract: "Lists the kernels, oldest first, and whether their images are here.")

    @Argument(help: "Ids or patterns; all without one.") var kernels: [String] = []
    @Flag(help: "Prints JSON.") var json = false

    package init() {}

    package func run() async throws {
        let store = KernelStore(try Workspace.ofThisProcess())
        let listings = try store.kernels(matching: kernels).map { KernelListing($0, image: try store.image(of: $0)) }
        guard !json else { return print(try Output.json(listings)) }
        print(
            Output.table(
                header: ["KERNEL", "RELEASE", "SOURCE"],
                rows: listings.map { [$0.id, $0.release ?? "not fetched", $0.origin ?? $0.source] }))
    }
}
