package import ArgumentParser
import KernelExamination
import KernelStore
import Machine
import Manifests
import MatrixModel
import SystemPackage

package struct KernelsAdd: AsyncParsableCommand {
    package static let configuration = CommandConfiguration(
        commandName: "add", abstract: "Adds the kernel in a file, boots it once and says what it is.",
        discussion: "A kernel that does not boot is added all the same, and the command exits with 69.")

    @Argument(help: "A .deb, an .rpm, a container image (tar or OCI layout) or a kernel image.", completion: .file())
    var file: String
    @Option(help: "The kernel's id, <family>-<version>; guessed from the image without it.") var id: String?
    @Flag(name: .customLong("no-boot"), help: "Adds it without booting it.") var noBoot = false

    package init() {}

    package func run() async throws {
        let workspace = try Workspace.ofThisProcess()
        let store = KernelStore(workspace)
        let id = try id.map { text in
            guard let id = KernelID(text) else {
                throw CommandFailure(.usage, "'\(text)' is no kernel id; one looks like local-6.1")
            }
            return id
        }
        let kernel = try store.add(file: Workspace.absolute(file), id: id)
        print("\(kernel.id) is \(kernel.file)")
        guard !noBoot, let image = try store.image(of: kernel) else { return }
        let boot: BootOutcome<KernelFacts>
        do {
            boot = try await Interruption.cancelling {
                try await KernelBooth(workspace).facts(of: kernel, image: image) {
                    Output.toStderr("\(kernel.id): booting it to see what it is")
                }
            }
        } catch let error as MachineError {
            throw CommandFailure(.notMeasured, "\(kernel.id) is added, but no kernel can be booted here: \(error)")
        }
        let description = KernelDescription(kernel, image: image, boot: boot)
        print(description.summary.text(width: Terminal.width ?? 100))
        guard let failure = description.failure else {
            return print("'compat-matrix kernels show \(kernel.id)' says the rest")
        }
        throw CommandFailure(
            .notMeasured,
            "\(kernel.id) is added but does not boot: \(failure.reason); "
                + "'commandLine:' in \(kernel.file) may help, 'compat-matrix kernels remove \(kernel.id)' takes it back"
        )
    }
}
