package import ArgumentParser
import KernelStore
import Manifests
import MatrixSession

package struct Kernels: AsyncParsableCommand {
    package static let configuration = CommandConfiguration(
        abstract: "List, add, fetch and verify kernels.",
        subcommands: [
            KernelsList.self, KernelsShow.self, KernelsAdd.self, KernelsFetch.self, KernelsRemove.self,
            KernelsVerify.self, KernelsRefresh.self,
        ],
        defaultSubcommand: KernelsList.self)

    package init() {}
}

package struct KernelsRemove: AsyncParsableCommand {
    package static let configuration = CommandConfiguration(
        commandName: "remove", abstract: "Remove a kernel's manifest, its lock entry and its image.")

    @Argument(help: "The kernel's id.") var kernel: String

    package init() {}

    package func run() async throws {
        let store = KernelStore(try Workspace.ofThisProcess())
        let kernel = try store.kernel(kernel)
        try store.remove(kernel.id)
        print("removed \(kernel.id)")
    }
}
