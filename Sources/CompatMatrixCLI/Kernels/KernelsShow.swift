package import ArgumentParser
import HostTools
import KernelExamination
import KernelStore
import Machine
import Manifests
import MatrixSession
import SystemPackage

package struct KernelsShow: AsyncParsableCommand {
    package static let configuration = CommandConfiguration(
        commandName: "show", abstract: "Shows what a kernel is: where it comes from, how it boots, what BPF it offers.",
        discussion: """
            What it offers is asked in a guest of the kernel, not looked up; the answers are kept beside the image, so that \
            only the first time takes some seconds. Exits with 69 when the kernel does not boot.
            """)

    @Argument(help: "The kernel's id.") var kernel: String
    @Flag(help: "Lists the helpers by name.") var helpers = false
    @Flag(name: .customLong("no-boot"), help: "Shows what is known without booting it.") var noBoot = false
    @Flag(help: "Prints JSON, with everything.") var json = false

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
