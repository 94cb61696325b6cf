package import ArgumentParser
import KernelStore
import Manifests
import MatrixSession

package struct KernelsRemove: AsyncParsableCommand {
    package static let configuration = CommandConfiguration(
        commandName: "remove", abstract: "Removes a kernel's manifest, its lock entry and its image.")

    @Argument(help: "The kernel's id.") var kernel: String

    package init() {}

    package func run() async throws {
        let store = KernelStore(try Workspace.ofThisProcess())
        let kernel = try store.kernel(kernel)
        try store.remove(kernel.id)
        print("\(kernel.id) is removed")
    }
}
