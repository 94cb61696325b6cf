package import ArgumentParser
import HostTools
import KernelExamination
import KernelStore
import Machine
import Manifests
import MatrixModel
import MatrixSession
import SystemPackage

package struct KernelsAdd: AsyncParsableCommand, HasDiagnostics {
    package static let configuration = CommandConfiguration(
        commandName: "add", abstract: "Add a kernel, boot it once, and show its features.",
        discussion:
            "Accepts a .deb, an .rpm, a container image, a bzImage or a vmlinux. Detects the type from the contents. "
            + "Exits with 69 if the kernel does not boot; it is added nevertheless.")

    @Argument(
        help: ArgumentHelp("A path, a URL, or oci:IMAGE for an image in a registry.", valueName: "file"),
        completion: .file()) var file: String
    @Option(help: "Path or URL of the kernel's config, if the file does not contain it.") var config: String?
    @Option(help: "Path or URL of a package with modules, or of a lib/modules/<release> directory; repeatable.")
    var modules: [String] = []
    @Option(help: "BTF for a kernel without its own: a file, or a directory or archive in BTFHub's layout.")
    var btf: String?
    @Option(help: "The kernel's id, <family>-<version> (default: derived from the image).") var id: String?
    @Flag(name: .customLong("no-boot"), help: "Add the kernel without booting it.") var noBoot = false
    @OptionGroup var diagnostics: DiagnosticsOptions

    package init() {}

    package func run() async throws {
        let workspace = try Workspace.ofThisProcess()
        let store = KernelStore(workspace)
        let id = try id.map { text in
            guard let id = KernelID(text) else {
                throw CommandFailure(.usage, "'\(text)' is not a kernel id: use <family>-<version>, such as local-6.1")
            }
            return id
        }
        let source = try source()
        let btf = try btf.map { try Workspace.absolute($0) }
        let kernel = try await FetchDisplay.showing { display in
            try await Interruption.cancelling {
                try await store.add(source, id: id, btf: btf) { step in display.show(step) }
            }
        }
        print("added \(kernel.id): \(kernel.file)")
        guard !noBoot, let image = try store.image(of: kernel) else { return }
        let boot: BootOutcome<KernelFacts>
        do {
            boot = try await Interruption.cancelling {
                try await KernelBooth(workspace, say: Output.toStderr).facts(of: kernel, image: image)
            }
        } catch let error as MachineError {
            throw CommandFailure(.notMeasured, "\(kernel.id) was added, but this machine cannot boot kernels: \(error)")
        }
        let externalBTF = try store.externalBTF(of: kernel, image: image)
        let description = KernelDescription(kernel, image: image, boot: boot, externalBTF: .success(externalBTF))
        print(description.summary.text(width: Terminal.width ?? 100))
        guard let failure = description.failure else {
            return print("for details, run 'compat-matrix kernels show \(kernel.id)'")
        }
        throw CommandFailure(
            .notMeasured,
            "\(kernel.id) was added, but does not boot: \(failure.reason); set 'commandLine' in \(kernel.file), "
                + "or run 'compat-matrix kernels remove \(kernel.id)'"
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
