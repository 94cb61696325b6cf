package import ArgumentParser
import KernelStore

package struct KernelsShow: AsyncParsableCommand {
    package static let configuration = CommandConfiguration(
        commandName: "show", abstract: "Shows where a kernel comes from and where its image is.")

    @Argument(help: "The kernel's id.") var kernel: String
    @Flag(help: "Prints JSON.") var json = false

    package init() {}

    package func run() async throws {
        let store = KernelStore(try Workspace.ofThisProcess())
        let kernel = try store.kernel(kernel)
        let listing = KernelListing(kernel, image: try store.image(of: kernel))
        guard !json else { return print(try Output.json(listing)) }
        print(Output.table(rows: listing.lines.map { [$0.name, $0.value] }))
    }
}
