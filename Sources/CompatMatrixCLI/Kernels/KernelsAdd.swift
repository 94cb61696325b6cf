package import ArgumentParser
import HostTools
import KernelExamination
import KernelStore
import Machine
import Manifests
import MatrixModel
import MatrixSession
import SystemPackage

package struct KernelsAdd: AsyncParsableCommand {
    package static let configuration = CommandConfiguration(
        commandName: "add", abstract: "Adds a kernel, boots it once and says what it is.",
        discussion:
            "What kind of file it is follows from its bytes: a .deb, an .rpm, a container image, a bzImage or a vmlinux. "
            + "A kernel that does not boot is added all the same, and the command exits with 69.")

    @Argument(
        help: ArgumentHelp("A path, a URL, or oci: and an image of a registry.", valueName: "file"),
        completion: .file()) var file: String
    @Option(help: "The path or URL of its config, where its own file holds none.") var config: String?
    @Option(help: "A folder like lib/modules/<release>, or a package with one, by path or URL; repeatable.")
    var modules: [String] = []
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
        let source = try source()
        let kernel = try await FetchDisplay.showing { display in
            try await Interruption.cancelling {
                try await store.add(source, id: id) { step in display.show(step) }
            }
        }
        print("\(kernel.id) is \(kernel.file)")
        guard !noBoot, let image = try store.image(of: kernel) else { return }
        let boot: BootOutcome<KernelFacts>
        do {
            boot = try await Interruption.cancelling {
                try await KernelBooth(workspace, say: Output.toStderr).facts(of: kernel, image: image)
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

    private func source() throws -> FileSource {
        do {
            let here = try Workspace.absolute(".")
            let location: KernelLocation =
                file.hasPrefix("oci:")
                ? .oci(try OCIReference(String(file.dropFirst("oci:".count)))) : try KernelLocation(file, in: here)
            return FileSource(
                location, config: try config.map { try KernelLocation($0, in: here) },
                modules: try modules.map { try KernelLocation($0, in: here) })
        } catch let error as Malformed {
            throw CommandFailure(.usage, "\(error)")
        }
    }
}
