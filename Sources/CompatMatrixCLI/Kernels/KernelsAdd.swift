package import ArgumentParser
import KernelStore
import Manifests
import MatrixModel
import SystemPackage

package struct KernelsAdd: AsyncParsableCommand {
    package static let configuration = CommandConfiguration(
        commandName: "add", abstract: "Adds the kernel in a .deb or a bzImage.")

    @Argument(help: "A Debian package or a plain kernel image.", completion: .file()) var file: String
    @Option(help: "The kernel's id, <family>-<version>; guessed from the image without it.") var id: String?

    package init() {}

    package func run() async throws {
        let store = KernelStore(try Workspace.ofThisProcess())
        let id = try id.map { text in
            guard let id = KernelID(text) else {
                throw CommandFailure(.usage, "'\(text)' is no kernel id; one looks like local-6.1")
            }
            return id
        }
        let kernel = try store.add(file: Workspace.absolute(file), id: id)
        print("\(kernel.id) is \(kernel.file)")
    }
}
