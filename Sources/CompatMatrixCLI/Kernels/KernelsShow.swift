package import ArgumentParser
import HostTools
import KernelExamination
import KernelStore
import Machine
import Manifests
import MatrixSession
import SystemPackage

package struct KernelsShow: AsyncParsableCommand, HasDiagnostics {
    package static let configuration = CommandConfiguration(
        commandName: "show", abstract: "Show a kernel's source, how it boots, and its BPF features.",
        discussion: """
            Features are probed in a guest, not looked up by version. Results are cached, so only the first call takes \
            a few seconds. Exits with 69 if the kernel does not boot.
            """)

    @Argument(help: "The kernel's id.") var kernel: String
    @Flag(help: "List helpers by name.") var helpers = false
    @Flag(name: .customLong("no-boot"), help: "Show only what is known without booting the kernel.") var noBoot = false
    @Flag(help: "Print everything as JSON.") var json = false
    @OptionGroup var diagnostics: DiagnosticsOptions

    package init() {}

    package func run() async throws {
        let workspace = try Workspace.ofThisProcess()
        let store = KernelStore(workspace)
        let kernel = try store.kernel(kernel)
        let isFetched = try store.image(of: kernel) != nil
        let (description, obstacle) = try await Interruption.cancelling {
            let booth = noBoot || !isFetched ? nil : try await KernelBooth(workspace, say: Output.toStderr)
            return try await KernelDescription.examined(kernel, store: store, booth: booth)
        }
        print(
            json
                ? try Output.json(description)
                : description.sheet(withHelpers: helpers).text(width: Terminal.width ?? 100))
        if let obstacle { throw CommandFailure(.notMeasured, "\(kernel.id) cannot be booted here: \(obstacle)") }
        if let failure = description.failure {
            throw CommandFailure(.notMeasured, "\(kernel.id) does not boot: \(failure.reason)")
        }
    }
}
